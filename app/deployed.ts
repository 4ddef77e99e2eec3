import { jsonLog } from "../core/log.ts";
import kintounConfig from "../kintoun.config.ts";
import { readConfig } from "./config/config.ts";
import { readOverrides, readPlace } from "./config/environment.ts";
import { logForgottenPromises } from "./forgotten-promises.ts";
import type { Opening } from "./open.ts";

/** How a deployed function is opened: by the config it was bundled with, and the environment that infra gave it. */
export const opening = (): Opening => {
  const log = jsonLog(console.log);
  logForgottenPromises(log);
  return { config: readConfig(kintounConfig, readOverrides(process.env)), place: readPlace(process.env), log };
};
