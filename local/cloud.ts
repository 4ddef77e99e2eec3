import type { IncomingMessage, ServerResponse } from "node:http";
import type { AppContext } from "../app/app-context.ts";
import { type AppOptions, closeApp } from "../app/create-app-context.ts";
import { withTimeLimit } from "../app/plugins/time-limit.ts";
import { recordsActivity } from "../config/activity.ts";
import type { Config, LocalMail } from "../config/config.ts";
import { FUNCTIONS, SEARCH_ROUTES } from "../config/functions.ts";
import { findSearchOwner } from "../config/plugin-placement.ts";
import { queueConfigs } from "../config/queues.ts";
import { createJsonLog, type Log } from "../core/ports/log.ts";
import { toDeadLetterQueue } from "../core/ports/queue.ts";
import { apiHandler, createApi } from "../functions/api/app.ts";
import type { HttpHandler } from "../functions/http/pipeline.ts";
import { createSearch, searchHandler } from "../functions/search/app.ts";
import { allSettledOrThrow } from "../lib/util/all-settled.ts";
import { Disposables } from "../lib/util/disposables.ts";
import { didYouMean } from "../lib/util/nearest.ts";
import { truncateText } from "../lib/util/truncate-text.ts";
import { type DeadLetter, readDeadLetters } from "../operations/dead-letters.ts";
import { createActivityRing } from "./activity-ring.ts";
import { lockDataFolder } from "./data-folder.ts";
import { startEngines, TABLE_NAME } from "./engines.ts";
import { startEventSources } from "./event-sources.ts";
import { createLocalFiles } from "./files.ts";
import { createGateway } from "./gateway.ts";
import { renderMailPage } from "./mail-page.ts";
import type { ReceivedMail } from "./mail-sink.ts";
import { describeQueueAccess, type QueueAccess } from "./queue-access.ts";
import { redriveNewVersions } from "./redrive-new-versions.ts";
import { writeRunningCloud } from "./running-cloud.ts";
import { listenOnPort } from "./server.ts";
import { queueDepth, waitUntilEmpty } from "./sqs.ts";

export interface CloudOptions {
  readonly config: Config;
  /** The address to listen on; that of the loopback interface when absent. */
  readonly host?: string | undefined;
  /** 0 for any free port. */
  readonly port: number;
  /** The data folder; a temporary one when absent. */
  readonly data?: string | undefined;
  /** URL of a DynamoDB that runs already; the embedded one when absent. */
  readonly dynamodb?: string | undefined;
  /** URL of an SQS that runs already, such as ElasticMQ; the embedded one when absent. */
  readonly sqs?: string | undefined;
  /** URL of an OpenSearch that runs already; the embedded search engine when absent. */
  readonly openSearch?: string | undefined;
  readonly log?: Log;
  /** Whether to log each request. */
  readonly logRequests?: boolean;
  /** What to do with mail for SMTP servers; as the config says when absent. */
  readonly mail?: LocalMail | undefined;
  /** Called with the reason when an engine ends by itself; logs it when absent. */
  readonly onExit?: (reason: string) => void;
  /** Receives the metrics of all functions. */
  readonly meter?: NonNullable<AppOptions["meter"]>;
  /** Returns the trace of the current request, in the format of the X-Ray header. */
  readonly trace?: NonNullable<AppOptions["getTrace"]>;
  readonly wrap?: NonNullable<AppOptions["wrapSend"]>;
  readonly retryAfter?: NonNullable<AppOptions["retryDelaySeconds"]>;
  /** The clock of the store, epoch ms. The engines have their own clocks. */
  readonly now?: NonNullable<AppOptions["now"]>;
  /** Shorter time limits for jobs than in AWS, in ms. */
  readonly jobs?: NonNullable<AppOptions["jobs"]>;
}

interface OpenedFunction {
  readonly app: AppContext;
  /** The queue of a worker; absent for other functions. */
  readonly listener: string | undefined;
}

/** The whole store on one machine: the functions of Lambda on embedded engines. */
export interface EmbeddedCloud {
  /** URL of the API, with `/v1`. */
  readonly url: string;
  readonly mailPage: string;
  readonly mails: readonly ReceivedMail[];
  readonly dataFolder: string;
  readonly dynamodb: string;
  /** How other programs reach the queues. */
  readonly queueAccess: QueueAccess;
  /** The options of the functions, to create others on the same engines. */
  readonly options: AppOptions;
  /** The functions: api, search and dispatch, then the workers. */
  readonly opened: readonly OpenedFunction[];
  /**
   * Resolves when all changes so far and their consequences have been handled or are dead letters, and all jobs have
   * ended. Rejects when the signal is aborted before.
   */
  drain(signal?: AbortSignal): Promise<void>;
  /** Number of dead letters of a queue. */
  deadLetterCount(listener: string): Promise<number>;
  /** Dead letters of a queue. */
  deadLetters(listener: string): Promise<readonly DeadLetter[]>;
  close(): Promise<void>;
}

const MAIL_PAGE = "/__mail__";
/** Maximum length of a path in the log. */
const MAX_PATH_CHARS = 300;

export const startCloud = async ({
  config,
  host,
  port,
  data,
  dynamodb,
  sqs,
  openSearch,
  log = createJsonLog(console.log),
  logRequests = false,
  mail = config.localMail,
  onExit = (reason) => log.error(reason),
  meter,
  trace,
  wrap,
  retryAfter,
  now = Date.now,
  jobs,
}: CloudOptions): Promise<EmbeddedCloud> => {
  const disposables = new Disposables((error) => log.error("A part of the embedded cloud did not stop", { error }));
  const opened: OpenedFunction[] = [];
  try {
    // First, because a second start must report the store that already runs, not its port.
    const folder = lockDataFolder(data);
    disposables.add(() => folder.release());
    for (const warning of folder.warnings) log.warn(warning);
    const server = await listenOnPort(port, disposables, host);
    const { plugins } = config;
    const engines = await startEngines(
      {
        folder,
        kept: data !== undefined,
        queues: queueConfigs(config),
        plugins,
        resources: config.resources,
        dynamodb,
        sqs,
        mail,
        now,
        log,
        onExit,
      },
      disposables,
    );
    const { clients, queues, mails } = engines;
    const { httpHost, httpScheme = "http", corsOrigins = [] } = config.settings;
    const { files } = engines.cloud;
    const filesOrigin = httpHost === undefined ? server.origin : `${httpScheme}://${httpHost}`;
    const cloud = {
      ...engines.cloud,
      ...(openSearch !== undefined && { openSearch: { node: openSearch } }),
      ...(files && { files: { ...files, origin: filesOrigin } }),
    };
    const url = `${server.origin}/v1`;
    const ring = recordsActivity(plugins) ? createActivityRing() : undefined;
    const options: AppOptions = {
      config,
      cloud: ring === undefined ? cloud : { ...cloud, monitor: ring.monitor(cloud) },
      log: ring === undefined ? log : ring.capture(log),
      now,
      onCreate: (app, { listener }) => {
        opened.push({ app, listener });
        // Also closes functions that could not start completely.
        disposables.add(() => closeApp(app));
      },
      location: { table: TABLE_NAME, queues: queues.all },
      ...(meter && { meter }),
      ...(trace && { getTrace: trace }),
      ...(wrap && { wrapSend: wrap }),
      ...(retryAfter && { retryDelaySeconds: retryAfter }),
      ...(jobs && { jobs }),
    };
    const [api, search] = await allSettledOrThrow([createApi(options), createSearch(options)]);
    disposables.add(api.close, search.close);
    const sources = await startEventSources(options, engines, log, disposables);
    if (data !== undefined) {
      disposables.add(
        writeRunningCloud(folder, { url, table: TABLE_NAME, stream: engines.stream, queues: queues.all, cloud }),
      );
      disposables.add(
        redriveNewVersions({
          config,
          client: clients.sqs,
          queues: queues.all,
          file: folder.file("versions.json"),
          log,
        }),
      );
    }

    const deadLetterUrl = (listener: string): string => {
      const url = queues.all[toDeadLetterQueue(listener)];
      if (url !== undefined) return url;
      const known = Object.keys(queues.all).filter((name) => Object.hasOwn(queues.all, toDeadLetterQueue(name)));
      throw new Error(
        `There is no dead-letter queue of '${listener}'. Queues are named <plugin>-<listener>. ${didYouMean(listener, known)}`,
      );
    };
    const handleApi = limitTime("api", apiHandler(api));
    const handleSearch = limitTime("search", searchHandler(search));
    // As in AWS, the search function has its paths only if a plugin needs search.
    const isSearch = createRouteMatcher(findSearchOwner(plugins) === undefined ? [] : SEARCH_ROUTES);
    const handle = createGateway({
      route: (method, path) => (isSearch(method, path) ? handleSearch : handleApi),
      files: files && createLocalFiles({ endpoint: files.s3.endpoint ?? "", corsOrigins }),
      page: async (path) => (path === MAIL_PAGE ? renderMailPage(mails) : undefined),
      hostNames: [config.settings.httpHost, host].filter((name) => name !== undefined),
    });
    server.serve((request, response) => {
      if (request.method !== "GET" && request.method !== "HEAD") response.once("finish", sources.wake);
      if (logRequests) logResponse(log, request, response);
      handle(request, response);
    });
    // Added last, so that it runs first: running requests end while everything else still works.
    disposables.add(server.close);
    return {
      url,
      mailPage: `${server.origin}${MAIL_PAGE}`,
      mails,
      dataFolder: folder.path,
      dynamodb: engines.dynamodb,
      queueAccess: describeQueueAccess(cloud),
      options,
      opened,
      drain: async (signal) => {
        const urls = Object.entries(queues.urls).flatMap(([name, url]) =>
          config.standalone.includes(name) ? [] : [url],
        );
        for (
          let [before, now] = [-1, await sources.catchUp()];
          now !== before;
          [before, now] = [now, await sources.catchUp()]
        ) {
          await waitUntilEmpty(clients.sqs, urls, signal);
        }
      },
      deadLetterCount: async (listener) => queueDepth(clients.sqs, deadLetterUrl(listener)),
      deadLetters: async (listener) => readDeadLetters(clients.sqs, deadLetterUrl(listener), Number.POSITIVE_INFINITY),
      close: () => disposables.dispose(),
    };
  } catch (error) {
    await disposables.dispose();
    throw error;
  }
};

/** Logs a request when its response is sent or its client has gone. Leaves out the query, which may hold secrets. */
const logResponse = (log: Log, { method, url = "" }: IncomingMessage, response: ServerResponse): void => {
  const startedAt = performance.now();
  response.once("close", () => {
    const ms = Math.round(performance.now() - startedAt);
    const { statusCode: status } = response;
    log[status < 500 ? "info" : "error"](`${method} ${truncateText(url.split("?")[0] ?? "", MAX_PATH_CHARS, "…")}`, {
      status,
      ms,
    });
  });
};

/** Fails calls at the time limit of the function, as Lambda does. Their code goes on. */
const limitTime =
  (name: "api" | "search", handle: HttpHandler): HttpHandler =>
  (event) =>
    withTimeLimit(`The function '${name}'`, FUNCTIONS[name].timeout, () => handle(event));

const createRouteMatcher = (routes: typeof SEARCH_ROUTES) => {
  const patterns = routes.map(({ path, methods }) => ({
    methods: new Set<string>(methods),
    path: new RegExp(`^/v1${path.replace(/\{\w+\}/g, "[^/]+")}$`),
  }));
  return (method: string, path: string): boolean =>
    patterns.some((route) => route.methods.has(method) && route.path.test(path));
};
