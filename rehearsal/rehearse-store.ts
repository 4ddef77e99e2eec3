import { setTimeout as sleep } from "node:timers/promises";
import { LOCAL_CREDENTIALS } from "../local/dynamodb.ts";
import { createTopics } from "../local/topics.ts";
import { type Client, createClient, createRequester, type SendRequest } from "../testing/client.ts";
import { type Account, openAccount } from "./account.ts";
import { type Assembly, readAssembly } from "./assembly.ts";
import { RehearsedStack } from "./stack.ts";

/** Resources outside the stack that it depends on. */
interface ExternalResources {
  /** Values of the Parameter Store by name. */
  readonly parameters?: Readonly<Record<string, string>>;
  /** ARNs of topics. */
  readonly topics?: readonly string[];
  /** Values of the template's parameters by name. */
  readonly templateParameters?: Readonly<Record<string, string>>;
  /** Receives log lines from the function invokers. */
  readonly onLine?: (line: string) => void;
}

/** A store that runs from its template. */
export interface RehearsedStore extends AsyncDisposable {
  readonly account: Account;
  /** URL of the API with `/v1`. */
  readonly url: string;
  readonly client: Client;
  /** Deploys another assembly over this one: the same data, other code. */
  update(assembly: string | Assembly): Promise<void>;
  /** Stops receiving from the queues until the next update. */
  holdQueues(): Promise<void>;
  /** Stops reading the streams until the next update. */
  holdStreams(): Promise<void>;
  /** Resolves when all changes so far are in the queues. */
  dispatch(): Promise<void>;
  /** Resolves when all changes so far have been handled or are dead letters. Rejects after `within` ms. */
  drain(within?: number): Promise<void>;
  /** Sends the message of each schedule. */
  runSchedules(): Promise<void>;
  /** The number of messages in each dead-letter queue that has some, by the queues' names. */
  deadLetters(): Promise<Readonly<Record<string, number>>>;
  close(): Promise<void>;
}

/** Time between two looks at all queues. */
const PAUSE_MS = 50;

/** Pauses after answers of 503, which clients repeat. A machine with few cores is soon busy. */
const BUSY_PAUSES_MS = [500, 1000, 2000];

/** How long `drain` waits for deliveries. */
const DRAIN_TIMEOUT_MS = 60_000;

/**
 * Deploys an assembly into an empty account. What is wrong with it are findings of the account.
 * @param assembly a path, or what was read of it
 */
export const rehearseStore = async (
  assembly: string | Assembly,
  external: ExternalResources = {},
): Promise<RehearsedStore> => {
  const { parameters = {}, topics = [], templateParameters = {}, onLine = () => undefined } = external;
  const account = await openAccount({ parameters, onLine });
  const stacks = new Map<string, RehearsedStack>();
  const close = async () => {
    for (const stack of [...stacks.values()].toReversed()) await stack.close();
    await account.close();
  };

  let deployments = 0;
  const deploy = async (given: string | Assembly): Promise<void> => {
    const assembly =
      typeof given === "string" ? readAssembly(given, `${account.temporary}/code-${deployments++}`) : given;
    account.useAssembly(assembly);
    for (const { name, template } of assembly.stacks) {
      const stack = stacks.get(name) ?? new RehearsedStack(name, account);
      stacks.set(name, stack);
      await stack.deploy(template, templateParameters);
    }
  };

  const catchUp = async (): Promise<number> => {
    const counts = await Promise.all([...account.streams.values()].map((stream) => stream.catchUp()));
    return counts.reduce((sum, count) => sum + count, 0);
  };

  const drain = async (within = DRAIN_TIMEOUT_MS): Promise<void> => {
    const signal = AbortSignal.timeout(within);
    // Dead-letter queues keep their messages.
    const queues = [...account.queues.values()].filter(({ isDeadLetterQueue }) => !isDeadLetterQueue);
    for (let [before, now] = [-1, await catchUp()]; now !== before; [before, now] = [now, await catchUp()])
      await waitUntilEmpty(
        queues.map(({ name }) => name),
        signal,
      );
  };

  const waitUntilEmpty = async (queues: readonly string[], signal: AbortSignal): Promise<void> => {
    for (let quiet = 0; quiet < 2; ) {
      signal.throwIfAborted();
      quiet = queues.every((queue) => account.countMessages(queue) === 0) ? quiet + 1 : 0;
      await sleep(PAUSE_MS);
    }
  };

  try {
    await createTopics({ endpoint: account.engines.sqs, ...LOCAL_CREDENTIALS }, topics);
    await deploy(assembly);
  } catch (error) {
    await close();
    throw error;
  }
  const [api] = account.apis.values();
  const url = `${api?.origin ?? "http://localhost:9"}/v1`;
  return {
    account,
    url,
    client: createClient(retryBusy(createRequester(url))),
    update: deploy,
    holdQueues: async () => stopAll(account.queuePollers),
    holdStreams: async () => stopAll(account.streams),
    dispatch: async () => void (await catchUp()),
    drain,
    runSchedules: async () => {
      for (const send of account.schedules.values()) await send(new Date().toISOString());
    },
    deadLetters: async () => {
      const counts = [...account.queues.values()]
        .filter(({ isDeadLetterQueue }) => isDeadLetterQueue)
        .map(({ name }) => [name, account.countMessages(name)] as const);
      return Object.fromEntries(counts.filter(([, count]) => count > 0));
    },
    close,
    [Symbol.asyncDispose]: close,
  };
};

const stopAll = async (pollers: ReadonlyMap<string, { readonly stop: () => Promise<void> }>): Promise<void> => {
  await Promise.all([...pollers.values()].map(({ stop }) => stop()));
};

const retryBusy =
  (request: SendRequest): SendRequest =>
  async (path, options) => {
    for (const pause of BUSY_PAUSES_MS) {
      const response = await request(path, options);
      if (response.status !== 503) return response;
      await sleep(pause);
    }
    return request(path, options);
  };
