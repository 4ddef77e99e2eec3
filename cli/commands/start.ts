import { type Command, Option } from "commander";
import { createCommand, DEFAULT_DATA_FOLDER, dataOption, parsePort, parseUrl } from "../options.ts";

interface StartOptions {
  readonly port: number;
  readonly data: string;
  readonly memory?: boolean;
  readonly dynamodb?: string;
  readonly sqs?: string;
}

/** How long the store may take to stop before the process ends anyway. Acknowledged writes are in the table already. */
const SHUTDOWN_TIMEOUT_MS = 1900;

export const startCommand = (): Command =>
  createCommand("start", "Run the whole store on this machine, until it is stopped.")
    .option("--port <number>", "port of the HTTP API; 0 for any free port", parsePort, 8888)
    .addOption(dataOption().conflicts("memory"))
    .addOption(new Option("--memory", "keep nothing when the store stops"))
    .option("--dynamodb <url>", "use a DynamoDB that runs already, for example http://localhost:8000", parseUrl)
    .option("--sqs <url>", "use an SQS that runs already, for example http://localhost:9324", parseUrl)
    .action(runStart);

const runStart = async ({ port, data = DEFAULT_DATA_FOLDER, memory, dynamodb, sqs }: StartOptions): Promise<void> => {
  const [{ logUnhandledRejections }, { loadConfig, readLogLevel }, { createJsonLog }, { startCloud }] =
    await Promise.all([
      import("../../app/unhandled-rejections.ts"),
      import("../../config/load-config.ts"),
      import("../../core/ports/log.ts"),
      import("../../local/cloud.ts"),
    ]);
  const config = await loadConfig();
  if (config.useridHmacSecret === "")
    console.warn(
      "KINTOUN_USERID_HMAC_SECRET is empty, so user ids can be computed from user names and passwords. Set it in production.",
    );
  const log = createJsonLog(console.error, readLogLevel());
  logUnhandledRejections(log);
  const starting = startCloud({ port, data: memory ? undefined : data, dynamodb, sqs, config, log });
  closeOnSignal(async () => (await starting).close());
  const cloud = await starting;
  console.log(
    [
      `Kintoun is up.  API         ${cloud.url}`,
      `                Mail        ${cloud.mailPage}`,
      `                Data        ${memory ? "in memory, not kept" : cloud.dataFolder}`,
      `                Table       ${cloud.dynamodb}`,
      `Try:   curl -u alice:secret -X PUT ${cloud.url}/buckets/blog`,
      "Stop:  Ctrl-C",
    ].join("\n"),
  );
};

/** Closes the store and ends the process on a signal, also while it is still starting. */
const closeOnSignal = (close: () => Promise<void>): void => {
  let isClosing = false;
  const end = async () => {
    if (isClosing) return;
    isClosing = true;
    setTimeout(() => process.exit(1), SHUTDOWN_TIMEOUT_MS).unref();
    await close();
    process.exit(0);
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP", "disconnect"] as const) process.on(signal, () => void end());
};
