// Usage: node --expose-gc bench/growth-cloud.ts FOLDER [uncounted]
// Started by bench/growth-server.ts. Runs the embedded cloud in a separate process, and reports its calls to DynamoDB and
// its memory.
import { readConfig } from "../config/config.ts";
import { createJsonLog } from "../core/ports/log.ts";
import { startCloud } from "../local/cloud.ts";
import { basicauth } from "../plugins/basicauth/index.ts";
import { countCalls } from "./calls.ts";
import type { CloudCommand, CloudReport } from "./growth-server.ts";

const DRAIN: CloudCommand = "drain";
const { wrap, take } = countCalls();
const [data, mode] = process.argv.slice(2);
const config = readConfig({ plugins: [basicauth()] });
const cloud = await startCloud({
  config,
  port: 0,
  data,
  // The counter keeps each call until the next report.
  ...(mode !== "uncounted" && { wrap }),
  log: createJsonLog(console.error, "ERROR"),
});

const createReport = (): CloudReport => {
  globalThis.gc?.();
  return {
    ...take(),
    heapBytes: process.memoryUsage().heapUsed,
    maxRssBytes: process.resourceUsage().maxRSS * 1024,
  };
};

const run = async (command: unknown): Promise<void> => {
  if (command === DRAIN) await cloud.drain();
  process.send?.(createReport());
};
process.on("message", (command) => void run(command));
process.on("disconnect", () => void cloud.close().then(() => process.exit()));
process.send?.({ url: cloud.url });
