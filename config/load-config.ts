import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { LOG_LEVELS, type LogLevel } from "../core/ports/log.ts";
import type { KintounConfig } from "../kit/config.ts";
import type { Plugin } from "../kit/plugin.ts";
import { readAwsEndpoint } from "./aws-environment.ts";
import { type Config, type ReadOptions, readConfig } from "./config.ts";
import { describeLoadError } from "./describe-load-error.ts";
import { readOverrides } from "./environment.ts";
import { UserError } from "./user-error.ts";
import { withoutNamesOf } from "./without-names-of.ts";

/**
 * Loads `kintoun.config.ts` with the overrides of the environment. Throws a {@link UserError} when it is not valid.
 * @param options for a store in AWS: `{ isDeployed: true }`
 */
export const loadConfig = async (options?: ReadOptions): Promise<Config> =>
  readConfig(await importConfig(), readOverrides(process.env), options);

/** The log level outside of Lambda, from the variable of Powertools. */
export const readLogLevel = ({ POWERTOOLS_LOG_LEVEL: level } = process.env): LogLevel =>
  LOG_LEVELS.find((one) => one === level?.toUpperCase()) ?? "INFO";

/** The endpoint that the environment sets for a service. */
export const readConfiguredEndpoint = (service: "DYNAMODB" | "SQS" | "S3"): string | undefined =>
  readAwsEndpoint(process.env, service);

/** A plugin of `kintoun.config.ts`. */
export interface InstalledPlugin {
  readonly plugin: Plugin;
  readonly optional: boolean;
  /** Whether it is active on a laptop only. */
  readonly local: boolean;
  readonly active: boolean;
}

/**
 * Loads all plugins of `kintoun.config.ts`: `plugins`, `local` and `optional`, each in its order, with whether they are
 * active here. On a laptop one of `local` replaces the one of `plugins` with its name. Throws a {@link UserError} when the config is not valid.
 */
export const loadInstalledPlugins = async (): Promise<readonly InstalledPlugin[]> => {
  const exported = await importConfig();
  const active = readConfig(exported, readOverrides(process.env)).plugins.map(({ name }) => name);
  const { plugins, local = [], optional = [] } = exported as KintounConfig;
  const onlyLocal = withoutNamesOf(local, plugins);
  return [...withoutNamesOf(plugins, local), ...local, ...optional].map((plugin) => ({
    plugin,
    optional: optional.includes(plugin),
    local: onlyLocal.includes(plugin),
    active: active.includes(plugin.name),
  }));
};

const CONFIG_FILE = new URL("../kintoun.config.ts", import.meta.url);

const importConfig = async (): Promise<unknown> => {
  try {
    return (await import("../kintoun.config.ts")).default;
  } catch (error) {
    if (!existsSync(CONFIG_FILE))
      throw new UserError([
        `There is no ${fileURLToPath(CONFIG_FILE)}. Create it, with for example: import { defineConfig } from "@kintoun/kit"; export default defineConfig({ plugins: [] });`,
      ]);
    throw new UserError([`kintoun.config.ts cannot be loaded: ${describeLoadError(error)}`]);
  }
};
