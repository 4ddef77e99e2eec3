import { spawn } from "node:child_process";
import { once } from "node:events";
import { type Command, Option } from "commander";
import type { AppOptions } from "../../app/create-app-context.ts";
import type { Config, LocalMail } from "../../config/config.ts";
import { capitalize } from "../../lib/util/capitalize.ts";
import { createCommand, DEFAULT_DATA_FOLDER, dataOption, parsePort, parseText, parseUrl } from "../options.ts";
import { printNotice } from "../output.ts";

interface StartOptions {
  readonly host?: string;
  readonly port: number;
  readonly data: string;
  readonly memory?: boolean;
  readonly seed?: string;
  readonly dynamodb?: string;
  readonly opensearch?: string;
  readonly sqs?: string;
  readonly mail?: LocalMail;
  readonly log?: "text" | "json";
  readonly watch?: boolean;
  readonly verbose?: boolean;
}

/**
 * How long the store may take to stop, also while it is still starting, before the process ends anyway: less than the 10 s
 * that containers get. Acknowledged writes are in the table already.
 */
const SHUTDOWN_TIMEOUT_MS = 9000;

export const startCommand = (): Command =>
  createCommand("start", "Run the whole store on this machine, until it is stopped.")
    .option("--host <address>", "address to listen on; 0.0.0.0 for all of this machine, as in a container", parseText)
    .option("--port <number>", "port of the HTTP API; 0 for any free port", parsePort, 8888)
    .addOption(dataOption().conflicts("memory"))
    .addOption(new Option("--memory", "keep nothing when the store stops"))
    .option(
      "--seed <file>",
      "import this file at each start: an export of a store, or YAML of kinto-wizard. Existing objects are kept",
      parseText,
    )
    .option(
      "--opensearch <url>",
      "search with an OpenSearch that runs already, for example http://localhost:9200",
      parseUrl,
    )
    .option("--dynamodb <url>", "use a DynamoDB that runs already, for example http://localhost:8000", parseUrl)
    .option("--sqs <url>", "use an SQS that runs already, for example http://localhost:9324", parseUrl)
    .addOption(
      new Option(
        "--mail <how>",
        "catch: show mail on a page; smtp: send it to the SMTP servers of the plugins",
      ).choices(["catch", "smtp"]),
    )
    .addOption(
      new Option(
        "--log <format>",
        "text: a line for people; json: a line of JSON. Text on a terminal, otherwise JSON",
      ).choices(["text", "json"]),
    )
    .option("--watch", "start again whenever the config, a plugin or other code changes; the default on a terminal")
    .option("--no-watch", "do not start again")
    .option("--verbose", "also print how other programs read the queues")
    .action(runStart);

const runStart = async (options: StartOptions): Promise<void> => {
  if (options.watch ?? process.stdout.isTTY) return startWatched();
  const { host, port, data = DEFAULT_DATA_FOLDER, memory, dynamodb, opensearch: openSearch, sqs, verbose } = options;
  const [
    { logUnhandledRejections },
    { loadConfig, readLogLevel },
    { createJsonLog },
    { createConsoleLog },
    { startCloud },
    { formatQueueAccess },
    { isLoopbackHost },
    { describeMail },
    { runAtStart },
  ] = await Promise.all([
    import("../../app/unhandled-rejections.ts"),
    import("../../config/load-config.ts"),
    import("../../core/ports/log.ts"),
    import("../console-log.ts"),
    import("../../local/cloud.ts"),
    import("../../local/queue-access.ts"),
    import("../../local/host-names.ts"),
    import("../../local/smtp-servers.ts"),
    import("./run/run-at-start.ts"),
  ]);
  // Only with a seed, since it loads all that imports need.
  const seed = options.seed === undefined ? undefined : await openSeed(options.seed);
  const config = await loadConfig();
  if (config.useridHmacSecret === "")
    console.warn(
      "KINTOUN_USERID_HMAC_SECRET is empty, so user ids can be computed from user names and passwords. Set it in production.",
    );
  const format = options.log ?? (process.stderr.isTTY ? "text" : "json");
  // People who look at the terminal also want to see each run of a listener.
  const log =
    format === "json"
      ? createJsonLog(console.error, readLogLevel())
      : createConsoleLog(process.stderr, readLogLevel("DEBUG"));
  logUnhandledRejections(log);
  const mail = options.mail ?? config.localMail;
  const mailLine = describeMail(config, mail);
  const failed = Promise.withResolvers<string>();
  if (host !== undefined && !isLoopbackHost(host))
    console.warn(
      `The store listens on ${host}. Everyone who reaches that address can send requests and read the caught mail, and nothing is encrypted.`,
    );
  const starting = startCloud({
    host,
    port,
    data: memory ? undefined : data,
    dynamodb,
    openSearch,
    sqs,
    mail,
    config,
    log,
    logRequests: true,
    onExit: failed.resolve,
  });
  const stopping = new AbortController();
  const end = endOnSignal(async () => {
    stopping.abort();
    await (await starting).close();
  });
  const cloud = await starting;
  void failed.promise.then((reason) => {
    printNotice(`${reason} The store stops. Start it again; acknowledged changes are kept in ${cloud.dynamodb}.`);
    return end(1);
  });
  const seeded = await seed?.(cloud.options, stopping.signal);
  const notices = await runAtStart(config, cloud, stopping.signal);
  if (stopping.signal.aborted) return;
  console.log(
    [
      `Kintoun is up.  API         ${cloud.url}`,
      ...describePages(config, cloud.url),
      `                Mail        ${mailLine ?? cloud.mailPage}`,
      `                Data        ${memory ? "in memory, not kept" : cloud.dataFolder}`,
      `                Table       ${cloud.dynamodb}`,
      ...(seeded !== undefined ? [`                Seed        ${seeded}`] : []),
      `Try:   curl ${cloud.url}/`,
      ...notices,
      ...(verbose ? formatQueueAccess(cloud.queueAccess) : []),
      "Stop:  Ctrl-C",
    ].join("\n"),
  );
};

/** A line for the pages of each plugin, those that browsers are sent to first. */
const describePages = ({ plugins }: Config, url: string): string[] =>
  plugins
    .flatMap(({ pages }) => pages)
    .toSorted((one, other) => Number(other.home) - Number(one.home))
    .map(({ path }) => `${" ".repeat(16)}${capitalize(path.slice(1)).padEnd(12)}${url}${path}/`);

/** Checks that a file exists, before the store starts. @returns a function that imports it and says what was done */
const openSeed = async (file: string) => {
  const { importSeed, requireFile } = await import("./data/import.ts");
  requireFile(file);
  return (appOptions: AppOptions, signal: AbortSignal) => importSeed(appOptions, file, signal);
};

/**
 * Runs the same command in Node's watch mode, which starts it again when a module that it has loaded changes, and waits for
 * a change when it cannot start. Exits when it does.
 */
const startWatched = async (): Promise<void> => {
  const [script = "", ...args] = process.argv.slice(1);
  const child = spawn(process.execPath, ["--watch", "--watch-preserve-output", script, ...args, "--no-watch"], {
    stdio: "inherit",
  });
  // Ctrl-C reaches the child too.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => child.kill(signal));
  process.on("disconnect", () => child.kill("SIGTERM"));
  const [code] = await once(child, "exit");
  process.exit(code ?? 0);
};

/**
 * Closes the store and ends the process on a signal, also while it is still starting.
 * @returns a function that does the same with an exit code
 */
const endOnSignal = (close: () => Promise<void>): ((exitCode: number) => Promise<void>) => {
  let isClosing = false;
  const end = async (exitCode: number) => {
    if (isClosing) return;
    isClosing = true;
    setTimeout(() => process.exit(1), SHUTDOWN_TIMEOUT_MS).unref();
    await close();
    process.exit(exitCode);
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP", "disconnect"] as const) process.on(signal, () => void end(0));
  return end;
};
