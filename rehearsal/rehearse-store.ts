import { setTimeout as sleep } from "node:timers/promises";
import { LOCAL_CREDENTIALS } from "../local/dynamodb.ts";
import { queueDepth } from "../local/sqs.ts";
import { createTopics } from "../local/topics.ts";
import { type Client, createClient, createRequester } from "../testing/client.ts";
import { type Account, openAccount } from "./account.ts";
import { type Assembly, readAssembly } from "./assembly.ts";
import { RehearsedStack } from "./stack.ts";

/** What the stack needs that others own. */
export interface Outside {
  /** Values of the Parameter Store by name. */
  readonly parameters?: Readonly<Record<string, string>>;
  /** ARNs of topics. */
  readonly topics?: readonly string[];
  /** Values of the template's parameters by name. */
  readonly templateParameters?: Readonly<Record<string, string>>;
  /** Receives lines of the log of what calls the functions. */
  readonly onLine?: (line: string) => void;
}

/** A store that runs from its template. */
export interface RehearsedStore extends AsyncDisposable {
  readonly account: Account;
  /** URL of the API with `/v1`. */
  readonly url: string;
  readonly client: Client;
  /** Deploys another assembly over this one: the same data, other code. */
  update(path: string): Promise<void>;
  /** Resolves when all changes so far have been handled or are dead letters. Rejects after `within` ms. */
  drain(within?: number): Promise<void>;
  /** Sends the message of each schedule. */
  runSchedules(): Promise<void>;
  /** The number of messages in each dead-letter queue that has some, by the queues' names. */
  deadLetters(): Promise<Readonly<Record<string, number>>>;
  close(): Promise<void>;
}

/** Time between two looks at all queues. */
const PAUSE_MS = 150;

/** How long `drain` waits for deliveries. */
const DRAIN_TIMEOUT_MS = 60_000;

/** Deploys an assembly into an empty account. What is wrong with it are findings of the account. */
export const rehearseStore = async (path: string, outside: Outside = {}): Promise<RehearsedStore> => {
  const { parameters = {}, topics = [], templateParameters = {}, onLine = () => undefined } = outside;
  const account = await openAccount({ parameters, onLine });
  const stacks = new Map<string, RehearsedStack>();
  const close = async () => {
    for (const stack of [...stacks.values()].toReversed()) await stack.close();
    await account.close();
  };

  const deploy = async (assembly: Assembly): Promise<void> => {
    account.useAssembly(assembly);
    for (const { name, template } of assembly.stacks) {
      const stack = stacks.get(name) ?? new RehearsedStack(name, account);
      stacks.set(name, stack);
      await stack.deploy(template, templateParameters);
    }
  };

  const drain = async (within = DRAIN_TIMEOUT_MS): Promise<void> => {
    const signal = AbortSignal.timeout(within);
    // Dead-letter queues keep their messages.
    const urls = [...account.queues.values()]
      .filter(({ isDeadLetterQueue }) => !isDeadLetterQueue)
      .map(({ url }) => url);
    const catchUp = async () => {
      const counts = await Promise.all([...account.streams.values()].map((stream) => stream.catchUp()));
      return counts.reduce((sum, count) => sum + count, 0);
    };
    for (let [before, now] = [-1, await catchUp()]; now !== before; [before, now] = [now, await catchUp()])
      await waitUntilEmpty(urls, signal);
  };

  const waitUntilEmpty = async (urls: readonly string[], signal: AbortSignal): Promise<void> => {
    for (let quiet = 0; quiet < 2; ) {
      signal.throwIfAborted();
      const depths = await Promise.all(urls.map((queue) => queueDepth(account.clients.sqs.client, queue)));
      quiet = depths.every((depth) => depth === 0) ? quiet + 1 : 0;
      await sleep(PAUSE_MS);
    }
  };

  try {
    await createTopics({ endpoint: account.engines.sqs, ...LOCAL_CREDENTIALS }, topics);
    await deploy(readAssembly(path, `${account.temporary}/code-0`));
  } catch (error) {
    await close();
    throw error;
  }
  const [api] = account.apis.values();
  const url = `${api?.origin ?? "http://localhost:9"}/v1`;
  let updates = 0;
  return {
    account,
    url,
    client: createClient(createRequester(url)),
    update: async (next) => deploy(readAssembly(next, `${account.temporary}/code-${++updates}`)),
    drain,
    runSchedules: async () => {
      for (const send of account.schedules.values()) await send(new Date().toISOString());
    },
    deadLetters: async () => {
      const counts = await Promise.all(
        [...account.queues.values()]
          .filter(({ isDeadLetterQueue }) => isDeadLetterQueue)
          .map(async ({ name, url: queue }) => [name, await queueDepth(account.clients.sqs.client, queue)] as const),
      );
      return Object.fromEntries(counts.filter(([, count]) => count > 0));
    },
    close,
    [Symbol.asyncDispose]: close,
  };
};
