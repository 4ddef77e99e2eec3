import { type Config, readConfig } from "../config/config.ts";
import type { Overrides } from "../config/environment.ts";
import type { BusEvent } from "../core/ports/bus.ts";
import { createJsonLog, type LogLevel } from "../core/ports/log.ts";
import { createMetricsBuffer, type Metric } from "../core/ports/meter.ts";
import type { KintounConfig } from "../kit/config.ts";
import { type CloudOptions, type EmbeddedCloud, startCloud } from "../local/cloud.ts";
import type { ReceivedMail } from "../local/mail-sink.ts";
import { type Client, createClient, createRequester } from "./client.ts";
import { type DeadLetter, toDeadLetter } from "./dead-letter.ts";
import { describeFailures, readFailures, shareFailures } from "./failures.ts";
import { createFakeClock, type FakeClock } from "./fake-clock.ts";
import { type TestSecrets, toSecretVariables } from "./secrets.ts";
import { createEventSources, getServices, runTestCommand } from "./store-helpers.ts";
import { testUser } from "./test-user.ts";
import { startWebhookSink, type WebhookSink } from "./webhook-sink.ts";

/** How long `drain` waits by default. */
const DRAIN_TIMEOUT_MS = 60_000;

/**
 * The configuration of a test store.
 * @example
 * const options: TestStoreOptions = { settings: { paginateBy: 2 }, logLevel: "DEBUG" };
 */
export interface TestStoreOptions
  extends Partial<Pick<KintounConfig, "plugins" | "settings">>,
    Pick<CloudOptions, "retryAfter" | "wrap" | "dynamodb" | "openSearch" | "sqs" | "jobs" | "trace"> {
  /** What operators set for plugins, by plugin and need: `{ slack: { url: "https://…" } }`. */
  readonly secrets?: TestSecrets;
  /** Overrides by the environment. */
  readonly overrides?: Overrides;
  /** `INFO` when absent. `DEBUG` logs each event on its way. */
  readonly logLevel?: LogLevel;
}

/**
 * A running test store.
 * @example
 * const createBucket = (store: TestStore): Promise<TestResponse> => store.put("/buckets/blog");
 */
export interface TestStore extends Client, AsyncDisposable {
  /** The API root with `/v1`. */
  readonly url: string;
  /** Mails that plugins have sent, oldest first. They are not delivered. */
  readonly mails: readonly ReceivedMail[];
  /** The lines of the log so far, each JSON. */
  readonly logLines: readonly string[];
  /** A metric of a queue or plugin: one sum, or each value of `AgeAtDelivery`. Empty if there is none. */
  metrics(metric: Metric, of: string): readonly number[];
  /** The errors in the log so far, one line each: those of listeners, jobs, hooks and requests. */
  readonly failures: readonly string[];
  /**
   * Resolves when every change so far has been delivered to its listeners or moved to a dead-letter queue. Rejects
   * after `within` ms, 60,000 when absent, with the failures so far.
   */
  drain(options?: { readonly within?: number }): Promise<void>;
  /** The number of dead letters of a queue. @param listener `<plugin>-<listener>` */
  deadLetterCount(listener: string): Promise<number>;
  /** The dead letters of a queue and their errors. @param listener `<plugin>-<listener>` */
  deadLetters(listener: string): Promise<readonly DeadLetter[]>;
  /** The store's time, for timestamps and expiries. Queue delays and time limits use the machine's clock. */
  readonly clock: FakeClock;
  /** Puts an event on a bus, the default bus when absent, for `inbound` parts. */
  emit(event: BusEvent & { readonly bus?: string }): Promise<void>;
  /**
   * Sends a message to an inbound part without `from`.
   * @param inbound `<plugin>-<part>`
   * @param message sent as JSON; a string is sent unchanged
   */
  send(inbound: string, message: unknown): Promise<void>;
  /** A webhook sink, started on first use. */
  webhookSink(): Promise<WebhookSink>;
  /**
   * The services of a plugin in the worker of a listener; without a listener, in the function that set the plugin up
   * first.
   */
  getServices(plugin: string, listener?: string): Promise<unknown>;
  /** Runs a plugin's command. @param flags by name @returns the printed lines */
  runCommand(plugin: string, name: string, flags?: unknown): Promise<readonly string[]>;
  /** The embedded cloud that it runs on. */
  readonly cloud: EmbeddedCloud;
  /** Stops the store; `await using` calls it. */
  close(): Promise<void>;
}

/**
 * Starts a whole store on the embedded cloud, on a free port, in memory. Requests with `as: "alice"` are authenticated
 * as the user `testuser:alice`, or by the plugin for basic authentication if there is one, with the password `secret`.
 * @example
 * await using store = await startTestStore({ plugins: [hello()] });
 * const { status } = await store.put("/buckets/blog", { data: { title: "Blog" } }, { as: "alice" });
 */
export const startTestStore = async ({
  plugins = [],
  settings = {},
  secrets = {},
  overrides: givenOverrides = {},
  logLevel,
  ...options
}: TestStoreOptions = {}): Promise<TestStore> => {
  const logged: string[] = [];
  const overrides = withSecrets({ plugins, settings }, givenOverrides, secrets);
  const base = readConfig({ plugins, settings }, overrides);
  const config = acceptsUserNames(base) ? base : readConfig({ plugins: [...plugins, testUser()], settings }, overrides);
  const clock = createFakeClock();
  const meter = createMetricsBuffer();
  const cloud = await startCloud({
    config,
    port: 0,
    log: createJsonLog((line) => logged.push(line), logLevel),
    meter,
    now: clock.now,
    ...options,
  });

  let sink: Promise<WebhookSink> | undefined;
  const unshareFailures = shareFailures(() => readFailures(logged));
  const close = async () => {
    unshareFailures();
    await cloud.close();
    await (await sink)?.close();
  };
  return {
    ...createClient(createRequester(cloud.url)),
    url: cloud.url,
    mails: cloud.mails,
    logLines: logged,
    metrics: meter.of,
    get failures() {
      return readFailures(logged);
    },
    drain: async ({ within = DRAIN_TIMEOUT_MS } = {}) => {
      const signal = AbortSignal.timeout(within);
      await cloud.drain(signal).catch((error) => {
        if (!signal.aborted) throw error;
        throw new Error(`Changes are still not delivered after ${within} ms.${describeFailures()}`, { cause: error });
      });
    },
    deadLetterCount: cloud.deadLetterCount,
    deadLetters: async (listener) => (await cloud.deadLetters(listener)).map(toDeadLetter),
    clock,
    ...createEventSources(cloud),
    webhookSink: () => {
      sink ??= startWebhookSink();
      return sink;
    },
    runCommand: (plugin, name, flags = {}) => runTestCommand(cloud, plugin, name, flags),
    getServices: (plugin, listener) => getServices(cloud, plugin, listener),
    cloud,
    close,
    [Symbol.asyncDispose]: close,
  };
};

/** The overrides with the variables of the secrets. */
const withSecrets = (config: KintounConfig, overrides: Overrides, secrets: TestSecrets): Overrides => {
  if (Object.keys(secrets).length === 0) return overrides;
  const variables = toSecretVariables(readConfig(config, overrides).plugins, secrets);
  return { ...overrides, pluginVariables: new Map([...(overrides.pluginVariables ?? []), ...variables]) };
};

const acceptsUserNames = ({ plugins }: Config): boolean =>
  plugins.some(({ authentication }) => authentication?.schemes?.includes("basic") === true);
