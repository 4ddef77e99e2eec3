import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { SendMessageCommand, type SendMessageCommandInput, SQSClient } from "@aws-sdk/client-sqs";
import { createJsonLog, type Log } from "../core/ports/log.ts";
import type { AwsConnection, Credentials } from "../lib/aws/connection.ts";
import type { FilterPattern } from "../lib/filter-pattern.ts";
import { Disposables } from "../lib/util/disposables.ts";
import { LOCAL_CREDENTIALS, startDynamoDb } from "../local/dynamodb.ts";
import { createLocalFiles } from "../local/files.ts";
import type { pollQueue } from "../local/queue-poller.ts";
import { startSqs } from "../local/sqs.ts";
import type { pollStream } from "../local/stream-poller.ts";
import type { Assembly } from "./assembly.ts";
import { Findings } from "./findings.ts";
import { type RunningApi, startApi } from "./gateway.ts";
import { Directory, type Role } from "./iam/directory.ts";
import type { PolicyTable } from "./iam/dynamodb-calls.ts";
import { proxyDynamoDb } from "./proxy/dynamodb.ts";
import { proxyEvents, proxyLogs, proxyMetrics, proxySes, proxySns, proxySsm } from "./proxy/other-services.ts";
import { startProxy } from "./proxy/proxy.ts";
import { proxyS3 } from "./proxy/s3.ts";
import { proxySqs } from "./proxy/sqs.ts";
import type { LambdaFunction } from "./runtime/lambda-function.ts";
import { createEventBus } from "./services/event-bus.ts";
import { createMailService, type SentMail } from "./services/mail.ts";
import { createLogs, createMetrics } from "./services/monitoring.ts";
import { createParameterStore } from "./services/parameters.ts";

/** The account and the region of the embedded engines. */
const ACCOUNT_ID = "000000000000";

/** The region in the ARNs of dynoxide. */
const DYNOXIDE_REGION = "dynoxide";

export interface DeployedFunction {
  readonly lambda: LambdaFunction;
  readonly role: Role;
}

interface DeployedQueue {
  readonly name: string;
  readonly url: string;
  readonly isFifo: boolean;
  readonly visibilitySeconds: number;
  /** Whether messages stay in it until someone takes them: it has no dead-letter queue itself. */
  readonly isDeadLetterQueue: boolean;
}

interface DeployedRule {
  readonly bus: string;
  readonly pattern: FilterPattern;
  readonly deliver: (event: object) => Promise<void>;
}

interface AccountOptions {
  /** Values of the Parameter Store by name. */
  readonly parameters: Readonly<Record<string, string>>;
  /** Receives log lines from the function invokers. */
  readonly onLine: (line: string) => void;
}

export type Account = Awaited<ReturnType<typeof openAccount>>;

/** Opens an empty account: engines for the data, and the proxy that all calls of functions go through. */
export const openAccount = async ({ parameters, onLine }: AccountOptions) => {
  const findings = new Findings();
  const disposables = new Disposables((error) => onLine(`A part of the rehearsal did not stop: ${String(error)}`));
  try {
    return await createAccount({ parameters, onLine }, findings, disposables);
  } catch (error) {
    await disposables.dispose();
    throw error;
  }
};

const createAccount = async ({ parameters, onLine }: AccountOptions, findings: Findings, disposables: Disposables) => {
  const temporary = mkdtempSync(join(tmpdir(), "kintoun-rehearsal-"));
  disposables.add(() => rmSync(temporary, { recursive: true, force: true }));
  // startSqs starts fauxqs, which is an S3 as well: one for the queues, and one for the files.
  const [dynamodb, sqs, s3] = await Promise.all([startDynamoDb(undefined), startSqs(undefined), startSqs(undefined)]);
  disposables.add(
    () => dynamodb.stop(),
    () => sqs.stop(),
    () => s3.stop(),
  );
  const clients = {
    dynamodb: { client: new DynamoDBClient(dynamodb.client) },
    sqs: { client: new SQSClient(sqs.client) },
  };
  disposables.add(
    () => clients.dynamodb.client.destroy(),
    () => clients.sqs.client.destroy(),
  );
  const { region } = LOCAL_CREDENTIALS;
  const place = { region, account: ACCOUNT_ID };
  const directory = new Directory(ACCOUNT_ID, findings);
  const tables = new Map<string, PolicyTable>();
  const rules = new Map<string, DeployedRule>();
  const buckets = new Map<string, { readonly corsOrigins: readonly string[] }>();
  const mails: SentMail[] = [];
  const findTable = (name: string): PolicyTable => {
    const found = tables.get(name.slice(name.indexOf("/") + 1));
    return found ?? { arn: `arn:aws:dynamodb:${region}:${ACCOUNT_ID}:table/${name}`, partitionKey: "pk" };
  };
  const engineArns = {
    toEngine: (text: string) => text.replaceAll(`:dynamodb:${region}:`, `:dynamodb:${DYNOXIDE_REGION}:`),
    toTemplate: (text: string) => text.replaceAll(`:dynamodb:${DYNOXIDE_REGION}:`, `:dynamodb:${region}:`),
  };
  const engines = {
    dynamodb: String(dynamodb.client.endpoint),
    sqs: String(sqs.client.endpoint),
    s3: String(s3.client.endpoint),
  };
  const functions = new Map<string, DeployedFunction>();
  const proxy = await startProxy({
    directory,
    findings,
    services: {
      dynamodb: proxyDynamoDb(engines.dynamodb, findTable, engineArns),
      sqs: proxySqs(engines.sqs, place),
      s3: proxyS3(engines.s3),
      sns: proxySns(engines.sqs),
      events: proxyEvents(createEventBus(place, rules), place),
      ses: proxySes(createMailService(mails), place),
      logs: proxyLogs(
        createLogs(() => [...functions.values()].map(({ lambda }) => lambda.log)),
        place,
      ),
      monitoring: proxyMetrics(createMetrics),
      ssm: proxySsm(createParameterStore(parameters), place),
    },
    serveSignedUrl: async (request, response) => {
      const [, name = ""] = (request.url ?? "").split(/[/?]/);
      const { corsOrigins = [] } = buckets.get(name) ?? {};
      const credentials = (accessKeyId: string) => directory.findKey(accessKeyId)?.credentials;
      await createLocalFiles({ endpoint: engines.s3, corsOrigins, credentials })(request, response);
    },
  });
  disposables.add(proxy.stop);

  const aliases = new Map<string, string>();
  const apis = new Map<string, RunningApi>();
  const streams = new Map<string, ReturnType<typeof pollStream>>();
  const connect = (credentials: Credentials): AwsConnection => ({ endpoint: proxy.endpoint, region, credentials });
  const functionArn = (name: string): string =>
    name.startsWith("arn:") ? name : `arn:aws:lambda:${region}:${ACCOUNT_ID}:function:${name}`;
  const findFunction = (name: string): DeployedFunction | undefined => {
    const arn = functionArn(name);
    // The parts of an ARN with a version or an alias.
    const parts = arn.split(":");
    if (parts.length <= 7) return functions.get(arn);
    return aliases.has(arn) || /^\d+$/.test(parts[7] ?? "") ? functions.get(parts.slice(0, 7).join(":")) : undefined;
  };
  let assembly: Assembly | undefined;
  const log: Log = createJsonLog(onLine, "WARN");

  return {
    id: ACCOUNT_ID,
    region,
    endpoint: proxy.endpoint,
    findings,
    directory,
    engines,
    engineArns,
    countMessages: sqs.countMessages,
    clients,
    temporary,
    log,
    tables,
    rules,
    buckets,
    mails,
    functions,
    aliases,
    apis,
    streams,
    /** What receives from queues, by the logical ids of mappings. */
    queuePollers: new Map<string, ReturnType<typeof pollQueue>>(),
    roles: new Map<string, Role>(),
    queues: new Map<string, DeployedQueue>(),
    topics: new Map<string, string>(),
    /** Sends the message of a schedule. @param time ISO */
    schedules: new Map<string, (time: string) => Promise<void>>(),
    /** Types that were not rehearsed. */
    unrehearsed: new Set<string>(),
    connect,
    functionArn,
    findFunction,
    queueArn: (url: string): string => `arn:aws:sqs:${region}:${ACCOUNT_ID}:${url.slice(url.lastIndexOf("/") + 1)}`,
    /** File of a stream's position, over updates of its mapping. */
    positionsFile: (logicalId: string): string => join(temporary, `${logicalId}.json`),
    /** The assembly whose code is deployed. */
    useAssembly: (next: Assembly): void => {
      assembly = next;
    },
    findCode: (code: unknown): string | undefined => assembly?.findCode(code),
    /** Opens an API. It keeps its address over updates. */
    openApi: async (id: string): Promise<RunningApi> => {
      const existing = apis.get(id);
      if (existing !== undefined) return existing;
      const api = await startApi({
        id,
        findings,
        invoke: async (arn, routeKey, event) => {
          const sourceArn = `arn:aws:execute-api:${region}:${ACCOUNT_ID}:${id}/$default/${routeKey.replace(/^\$default$/, "*/$default").replace(" ", "")}`;
          const caller = { service: "apigateway.amazonaws.com", sourceArn, name: id };
          const target = findFunction(arn);
          const isAllowed = directory.authorize(caller, {
            action: "lambda:InvokeFunction",
            resource: arn,
            context: {},
          });
          if (target === undefined) findings.add("missing-resource", id, `There is no function or alias ${arn}`);
          if (!isAllowed || target === undefined) throw new Error(`${routeKey} cannot invoke ${arn}`);
          return target.lambda.invoke(event);
        },
      });
      apis.set(id, api);
      disposables.add(api.close);
      return api;
    },
    /** Sends a message with the permissions of a role or service. */
    sendMessage: async (
      credentials: Credentials,
      QueueUrl: string,
      MessageBody: string,
      others: Partial<SendMessageCommandInput> = {},
    ): Promise<void> => {
      const client = new SQSClient({ ...connect(credentials), maxAttempts: 1 });
      try {
        await client.send(new SendMessageCommand({ QueueUrl, MessageBody, ...others }));
      } finally {
        client.destroy();
      }
    },
    close: () => disposables.dispose(),
  };
};
