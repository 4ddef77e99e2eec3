import { createServer, type Server } from "node:http";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBStreamsClient } from "@aws-sdk/client-dynamodb-streams";
import { CreateQueueCommand, GetQueueAttributesCommand, SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { openApi } from "../app/api.ts";
import type { Cloud } from "../app/cloud.ts";
import type { Config } from "../app/config.ts";
import { openDispatch } from "../app/dispatch.ts";
import type { Opening } from "../app/open.ts";
import { Problem } from "../app/problem.ts";
import { openSearchFunction } from "../app/search.ts";
import { SEARCH_ROUTE, STREAM, subscriptions } from "../app/topology.ts";
import { openWorker } from "../app/worker.ts";
import { jsonLog, type Log } from "../core/log.ts";
import { apiHandler } from "../functions/api/handler.ts";
import { dispatchHandler } from "../functions/dispatch/handler.ts";
import { searchHandler } from "../functions/search/handler.ts";
import { workerHandler } from "../functions/worker/handler.ts";
import { takeDataFolder } from "./data-folder.ts";
import { givenDynamoDb, prepareTable, startDynamoDb } from "./dynamodb.ts";
import { gateway } from "./gateway.ts";
import { mailPage } from "./mail-page.ts";
import { type CaughtMail, startMailSink } from "./mail-sink.ts";
import { pollQueue } from "./queue-poller.ts";
import { prepareQueues, startSqs } from "./sqs.ts";
import { pollStream } from "./stream-poller.ts";

export interface CloudOptions {
  readonly config: Config;
  /** 0 for any free one. */
  readonly port: number;
  /** The data folder; nothing is kept when absent. */
  readonly data?: string | undefined;
  /** A DynamoDB that is running already; the embedded one when absent. */
  readonly dynamodb?: string | undefined;
  readonly log?: Log;
  readonly wrap?: NonNullable<Opening["wrap"]>;
  readonly retryAfter?: NonNullable<Opening["retryAfter"]>;
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
  /** Resolves when every change so far has reached its listeners, or their dead-letter queues. */
  drain(): Promise<void>;
  /** The messages parked for a listener. */
  dead(listener: string): Promise<number>;
  close(): Promise<void>;
}

const TABLE_NAME = "kintoun";
const MAIL_PAGE = "/__mail__";

export const startCloud = async ({ config, port, data, dynamodb, log = jsonLog(console.log), wrap, retryAfter }: CloudOptions): Promise<EmbeddedCloud> => {
  /** What to undo in the end, last first. */
  const undo: (() => unknown)[] = [];
  const close = async () => {
    for (const step of undo.toReversed()) {
      try {
        await step();
      } catch (error) {
        log.error("A part of the embedded cloud did not stop", { error });
      }
    }
    undo.length = 0;
  };
  try {
    const folder = takeDataFolder(data);
    undo.push(() => folder.release());
    const kept = data === undefined ? undefined : folder.path;

    const server = await listen(port, undo);
    const [table, sqs, mail] = await Promise.all([
      dynamodb === undefined ? startDynamoDb(kept) : givenDynamoDb(dynamodb),
      startSqs(kept && folder.file("queues")),
      startMailSink(kept && folder.file("mail.jsonl")),
    ]);
    undo.push(table.stop, sqs.stop, mail.stop);

    const sqsClient = new SQSClient(sqs.client);
    const dynamodbClient = new DynamoDBClient(table.client);
    undo.push(
      () => sqsClient.destroy(),
      () => dynamodbClient.destroy(),
    );
    const names = subscriptions(config).map(({ name }) => name);
    const [streamArn, queues] = await Promise.all([prepareTable(dynamodbClient, TABLE_NAME), prepareQueues(sqsClient, sqs, names)]);

    const cloud: Cloud = { dynamodb: table.client, sqs: sqs.client, mail: mail.smtp, search: { file: folder.file("search.sqlite") } };
    const opening: Opening = {
      config,
      cloud,
      log,
      place: { table: TABLE_NAME, queues: queues.urls },
      ...(wrap && { wrap }),
      ...(retryAfter && { retryAfter }),
    };
    const [api, search, dispatch, workers] = await Promise.all([
      openApi(opening),
      openSearchFunction(opening),
      openDispatch(opening),
      Promise.all(names.map(async (name) => ({ name, worker: await openWorker({ ...opening, place: { ...opening.place, listener: name } }) }))),
    ]);
    undo.push(api.close, search.close, dispatch.close, ...workers.map(({ worker }) => worker.close));

    const [apiHandle, searchHandle] = [apiHandler(api), searchHandler(search)];
    const isSearch = routeMatcher(SEARCH_ROUTE);
    server.on(
      "request",
      gateway({
        route: (method, path) => (isSearch(method, path) ? searchHandle : apiHandle),
        page: (path) => (path === MAIL_PAGE ? { type: "text/html; charset=utf-8", body: mailPage(mail.mails) } : undefined),
      }),
    );

    const streams = new DynamoDBStreamsClient(table.client);
    const parked = await sqsClient.send(new CreateQueueCommand({ QueueName: "kintoun-dispatch-failures" }));
    const stream = pollStream({
      client: streams,
      arn: streamArn,
      handler: dispatchHandler(dispatch),
      retries: STREAM.retries,
      park: async (records, reason) => {
        for (const record of records)
          await sqsClient.send(new SendMessageCommand({ QueueUrl: parked.QueueUrl, MessageBody: JSON.stringify({ reason, record }) }));
      },
      file: kept && folder.file("stream.json"),
      log,
    });
    undo.push(() => streams.destroy(), stream.stop);
    server.on("request", ({ method }, response) => {
      if (method !== "GET" && method !== "HEAD") response.once("finish", stream.wake);
    });
    const pollers = workers.map(({ name, worker }) => pollQueue({ client: sqsClient, url: queues.urls[name] ?? "", handler: workerHandler(worker), log }));
    undo.push(() => Promise.all(pollers.map((poller) => poller.stop())));
    undo.push(() => endRequests(server));

    const address = server.address();
    const root = `http://localhost:${typeof address === "object" && address !== null ? address.port : port}`;
    return {
      url: `${root}/v1`,
      mailPage: `${root}${MAIL_PAGE}`,
      mails: mail.mails,
      dataFolder: folder.path,
      dynamodb: table.name,
      opening,
      drain: async () => {
        await stream.caughtUp();
        await emptied(sqsClient, Object.values(queues.urls));
      },
      dead: (listener) => depth(sqsClient, queues.deadUrls[listener] ?? ""),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
};

/** Takes the port first: the commonest reason not to start is told before anything else is. */
const listen = async (port: number, undo: (() => unknown)[]): Promise<Server> => {
  const server = createServer({ keepAliveTimeout: 60_000 });
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error) => {
      const taken = "code" in error && error.code === "EADDRINUSE";
      reject(new Problem([taken ? `Port ${port} is taken. Choose another: --port NUMBER` : `Port ${port} can't be used: ${error.message}`]));
    });
    server.listen(port, "127.0.0.1", resolve);
  });
  undo.push(() => server.close());
  return server;
};

/** Lets running requests end, for a second at most. */
const endRequests = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    const late = setTimeout(() => server.closeAllConnections(), 1000);
    server.close(() => {
      clearTimeout(late);
      resolve();
    });
    server.closeIdleConnections();
  });

const routeMatcher = (route: string) => {
  const [method, pattern = ""] = route.split(" ");
  const path = new RegExp(`^${pattern.replace(/\{\w+\}/g, "[^/]+")}$`);
  return (...[asked, at]: [string, string]) => asked === method && path.test(at);
};

const depth = async (client: SQSClient, url: string): Promise<number> => {
  const { Attributes = {} } = await client.send(new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ["All"] }));
  return ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible", "ApproximateNumberOfMessagesDelayed"]
    .map((name) => Number(Attributes[name as keyof typeof Attributes] ?? 0))
    .reduce((sum, count) => sum + count, 0);
};

const emptied = async (client: SQSClient, urls: readonly string[]): Promise<void> => {
  for (let quiet = 0; quiet < 2; ) {
    const depths = await Promise.all(urls.map((url) => depth(client, url)));
    quiet = depths.every((count) => count === 0) ? quiet + 1 : 0;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
};
