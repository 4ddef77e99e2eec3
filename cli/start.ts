import { parseArgs } from "node:util";
import { logForgottenPromises } from "../app/forgotten-promises.ts";
import { loadConfig, logLevel } from "../config/load-config.ts";
import { UserError } from "../config/problem.ts";
import { jsonLog } from "../core/ports/log.ts";
import { startCloud } from "../local/cloud.ts";

/** Where `npm start` listens, and keeps its data, unless told otherwise. */
const PORT = 8888;
const DATA = ".kintoun";

/** `npm start`: the embedded cloud, until it is told to end. */
export const run = async (args: readonly string[]): Promise<void> => {
  const options = readOptions(args);
  const config = await loadConfig();
  if (config.useridHmacSecret === "")
    console.warn(
      "KINTOUN_USERID_HMAC_SECRET is empty: whoever knows a user's name and password knows the user id. Not for production.",
    );
  const log = createJsonLog(console.error, logLevel());
  logForgottenPromises(log);
  const starting = startCloud({ ...options, config, log });
  endWhenTold(async () => (await starting).close());
  const cloud = await starting;
  console.log(
    [
      `Kintoun is up.  API         ${cloud.url}`,
      `                Mail        ${cloud.mailPage}`,
      `                Data        ${options.data === undefined ? "in memory: nothing is kept" : cloud.dataFolder}`,
      `                Table       ${cloud.dynamodb}`,
      `Try:  curl -u alice:secret -X PUT ${cloud.url}/buckets/blog`,
      "End:  Ctrl-C",
    ].join("\n"),
  );
};

/** Ends this process when it is told to, from now on, also while it is still starting. */
const endWhenTold = (close: () => Promise<void>): void => {
  let ending = false;
  const end = async () => {
    if (ending) return;
    ending = true;
    // Whatever hangs must not keep the terminal: what was acknowledged is in the table already.
    setTimeout(() => process.exit(1), 1900).unref();
    await close();
    process.exit(0);
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP", "disconnect"] as const) process.on(signal, () => void end());
};

const readOptions = (args: readonly string[]) => {
  const { values } = parsed(args);
  const port = values.port === undefined ? PORT : Number(values.port);
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new UserError([`--port takes a number from 0 to 65535, not '${values.port}'.`]);
  if (values.memory && values.data !== undefined)
    throw new UserError(["--memory keeps nothing and --data FOLDER keeps everything: give one of them."]);
  for (const [flag, such] of Object.entries({
    dynamodb: "http://localhost:8000",
    sqs: "http://localhost:9324",
  } as const)) {
    const url = values[flag as "dynamodb" | "sqs"];
    if (url !== undefined && !URL.canParse(url))
      throw new UserError([`--${flag} takes a URL such as ${such}, not '${url}'.`]);
  }
  return { port, data: values.memory ? undefined : (values.data ?? DATA), dynamodb: values.dynamodb, sqs: values.sqs };
};

const parsed = (args: readonly string[]) => {
  try {
    return parseArgs({
      args: [...args],
      options: {
        port: { type: "string" },
        data: { type: "string" },
        memory: { type: "boolean" },
        dynamodb: { type: "string" },
        sqs: { type: "string" },
      },
    });
  } catch (error) {
    throw new UserError([
      error instanceof Error ? error.message : String(error),
      "npm start -- [--port NUMBER] [--data FOLDER | --memory] [--dynamodb URL] [--sqs URL]",
    ]);
  }
};
