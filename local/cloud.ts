import { closeAll, type Opening } from "../app/open.ts";
import type { Surroundings } from "../app/plugins/surroundings.ts";
import type { Config } from "../config/config.ts";
import { SEARCH_ROUTE } from "../config/functions.ts";
import { queueConfigs } from "../config/queues.ts";
import { jsonLog, type Log } from "../core/ports/log.ts";
import { deadOf } from "../core/ports/queue.ts";
import { openApi } from "../functions/api/app.ts";
import { apiHandler } from "../functions/api/handler.ts";
import { openSearchFunction } from "../functions/search/app.ts";
import { searchHandler } from "../functions/search/handler.ts";
import { together } from "../lib/util/all-settled.ts";
import { Undo } from "../lib/util/disposables.ts";
import { didYouMean } from "../lib/util/nearest.ts";
import { type DeadMessage, readDead } from "../operations/dead-messages.ts";
import { takeDataFolder } from "./data-folder.ts";
import { takePort } from "./door.ts";
import { startEngines } from "./engines.ts";
import { gateway } from "./gateway.ts";
import { mailPage } from "./mail-page.ts";
import type { CaughtMail } from "./mail-sink.ts";
import { depth, emptied } from "./queue-depth.ts";
import { redriveNewVersions } from "./redrive-new-versions.ts";
import { tellRunning } from "./running-cloud.ts";
import { startSources } from "./sources.ts";

export interface CloudOptions {
  readonly config: Config;
  /** 0 for any free one. */
  readonly port: number;
  /** The data folder; nothing is kept when absent. */
  readonly data?: string | undefined;
  /** A DynamoDB that is running already; the embedded one when absent. */
  readonly dynamodb?: string | undefined;
  /** An SQS that is running already, such as ElasticMQ; the embedded one when absent. */
  readonly sqs?: string | undefined;
  readonly log?: Log;
  /** Counts what all functions do; nobody when absent. */
  readonly meter?: NonNullable<Opening["meter"]>;
  /** The trace that a request is part of, as X-Ray's header has it; none when absent. */
  readonly trace?: NonNullable<Opening["trace"]>;
  readonly wrap?: NonNullable<Opening["wrap"]>;
  readonly retryAfter?: NonNullable<Opening["retryAfter"]>;
  /** What time it is for the store, epoch ms; the engines have their own clocks. */
  readonly now?: NonNullable<Opening["now"]>;
  /** Less time for a worker of jobs than in AWS, in ms: `{ budget: 1000 }`, to see them go on in another. */
  readonly jobs?: NonNullable<Opening["jobs"]>;
}

export interface OpenedFunction {
  readonly around: Surroundings;
  /** Whose worker it is; no worker when absent. */
  readonly listener: string | undefined;
}

/** The whole store on one machine: the functions as Lambda runs them, on embedded engines. Everything listens on loopback. */
export interface EmbeddedCloud {
  /** The API's root, with `/v1`. */
  readonly url: string;
  readonly mailPage: string;
  readonly mails: readonly CaughtMail[];
  readonly dataFolder: string;
  readonly dynamodb: string;
  /** How a function is opened here, to open another beside. */
  readonly opening: Opening;
  /** What each function was opened with: api, search and dispatch, then the workers. */
  readonly opened: readonly OpenedFunction[];
  /** Resolves when every change so far, and what came of it, has reached its listeners, or their dead-letter queues, and all jobs have ended. */
  drain(): Promise<void>;
  /** How many messages are parked for a listener. */
  dead(listener: string): Promise<number>;
  /** The messages parked for a listener, with what is known of their failures. */
  parked(listener: string): Promise<readonly DeadMessage[]>;
  close(): Promise<void>;
}

export const TABLE_NAME = "kintoun";
const MAIL_PAGE = "/__mail__";

export const startCloud = async ({
  config,
  port,
  data,
  dynamodb,
  sqs,
  log = createJsonLog(console.log),
  meter,
  trace,
  wrap,
  retryAfter,
  now = Date.now,
  jobs,
}: CloudOptions): Promise<EmbeddedCloud> => {
  const undo = new Undo(log);
  const opened: OpenedFunction[] = [];
  try {
    const door = await takePort(port, undo);
    const folder = takeDataFolder(data);
    undo.add(() => folder.release());
    const { plugins } = config;
    const wanted = { table: TABLE_NAME, queues: queueConfigs(config), plugins };
    const engines = await startEngines({ folder, kept: data !== undefined, ...wanted, dynamodb, sqs, now }, undo);
    const { cloud, clients, queues, mails } = engines;
    const opening: Opening = {
      config,
      cloud,
      log,
      now,
      opened: (around, { listener }) => {
        opened.push({ around, listener });
        // Also what could not be opened to the end is closed.
        undo.add(() => closeAll(around));
      },
      place: { table: TABLE_NAME, queues: queues.all },
      ...(meter && { meter }),
      ...(trace && { trace }),
      ...(wrap && { wrap }),
      ...(retryAfter && { retryAfter }),
      ...(jobs && { jobs }),
    };
    const [api, search] = await together([openApi(opening), openSearchFunction(opening)]);
    undo.add(api.close, search.close);
    const sources = await startSources(opening, engines, log, undo);
    if (data !== undefined) {
      undo.add(tellRunning(folder, { table: TABLE_NAME, stream: engines.stream, queues: queues.all, cloud }));
      undo.add(
        redriveNewVersions({
          config,
          client: clients.sqs,
          queues: queues.all,
          file: folder.file("versions.json"),
          log,
        }),
      );
    }

    const deadUrl = (listener: string): string => {
      const url = queues.all[toDeadLetterQueue(listener)];
      if (url !== undefined) return url;
      const known = Object.keys(queues.all).filter((name) => Object.hasOwn(queues.all, toDeadLetterQueue(name)));
      throw new Error(
        `No listener '${listener}' has a dead-letter queue; they are named <plugin>-<listener>. ${didYouMean(listener, known)}`,
      );
    };
    const [answerApi, answerSearch] = [apiHandler(api), searchHandler(search)];
    const isSearch = routeMatcher(SEARCH_ROUTE);
    const answer = gateway({
      route: (method, path) => (isSearch(method, path) ? answerSearch : answerApi),
      page: (path) => (path === MAIL_PAGE ? { type: "text/html; charset=utf-8", body: mailPage(mails) } : undefined),
    });
    door.open((request, response) => {
      if (request.method !== "GET" && request.method !== "HEAD") response.once("finish", sources.wake);
      answer(request, response);
    });
    // First of all in the end: what stands behind the door is still there for whoever is inside.
    undo.add(door.shut);
    return {
      url: `${door.root}/v1`,
      mailPage: `${door.root}${MAIL_PAGE}`,
      mails,
      dataFolder: folder.path,
      dynamodb: engines.dynamodb,
      opening,
      opened,
      drain: async () => {
        const workedOn = Object.entries(queues.urls).flatMap(([name, url]) =>
          config.standalone.includes(name) ? [] : [url],
        );
        for (
          let [seen, now] = [-1, await sources.caughtUp()];
          now !== seen;
          [seen, now] = [now, await sources.caughtUp()]
        ) {
          await emptied(clients.sqs, workedOn);
        }
      },
      dead: async (listener) => depth(clients.sqs, deadUrl(listener)),
      parked: async (listener) => readDead(clients.sqs, deadUrl(listener), Number.POSITIVE_INFINITY),
      close: () => undo.run(),
    };
  } catch (error) {
    await undo.run();
    throw error;
  }
};

const routeMatcher = (route: string) => {
  const [method, pattern = ""] = route.split(" ");
  const path = new RegExp(`^${pattern.replace(/\{\w+\}/g, "[^/]+")}$`);
  return (...[asked, at]: [string, string]) => asked === method && path.test(at);
};
