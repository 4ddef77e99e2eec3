import { type Config, readConfig } from "../config/config.ts";
import type { Overrides } from "../config/environment.ts";
import type { BusEvent } from "../core/ports/bus.ts";
import { createJsonLog, type LogLevel } from "../core/ports/log.ts";
import { createMetricsBuffer, type Metric } from "../core/ports/meter.ts";
import type { KintounConfig } from "../kit/config.ts";
import { type CloudOptions, type EmbeddedCloud, startCloud } from "../local/cloud.ts";
import type { CaughtMail } from "../local/mail-sink.ts";
import { type Client, createClient, createRequester } from "./client.ts";
import { runTestCommand } from "./command.ts";
import { type DeadLetter, toDeadLetter } from "./dead-letter.ts";
import { createFakeClock, type FakeClock } from "./fake-clock.ts";
import { createEventSources } from "./outside.ts";
import { getServices } from "./services.ts";
import { testUser } from "./test-user.ts";
import { startWebhookSink, type WebhookSink } from "./webhook-sink.ts";

/** What `kintoun.config.ts` says, and what a test may want to be different. */
export interface TestStoreOptions
  extends Partial<Pick<KintounConfig, "plugins" | "settings">>,
    Pick<CloudOptions, "retryAfter" | "wrap" | "dynamodb" | "sqs" | "jobs" | "trace"> {
  /** What the environment would say. */
  readonly overrides?: Overrides;
  /** What is of less weight is not logged; `INFO` when absent. `DEBUG` tells of each event on its way. */
  readonly logLevel?: LogLevel;
}

export interface TestStore extends Client, AsyncDisposable {
  /** The API's root, with `/v1`. */
  readonly url: string;
  /** Mails that plugins have sent, oldest first; nobody else gets them. */
  readonly mails: readonly CaughtMail[];
  /** Lines of the log so far, each JSON. */
  readonly logLines: readonly string[];
  /** What was counted so far of a listener, by its queue's name, or of a plugin: one sum; of `AgeAtDelivery` each. Empty when nothing was. */
  metrics(metric: Metric, of: string): readonly number[];
  /** Resolves when every change so far has reached its listeners, or their dead-letter queues. */
  drain(): Promise<void>;
  /** How many events a listener has failed on for good. @param listener `<plugin>-<listener>` */
  deadLetterCount(listener: string): Promise<number>;
  /** What a listener, inbound part or job has failed on for good, and why. @param listener `<plugin>-<listener>` */
  deadLetters(listener: string): Promise<readonly DeadLetter[]>;
  /** What time it is for the store: timestamps and expiries go by it. SQS's delays, and the time limits of work, go by the machine's clock. */
  readonly clock: FakeClock;
  /** Puts an event on a bus, the default one when none is named, for the plugins' `inbound` parts. */
  emit(event: BusEvent & { readonly bus?: string }): Promise<void>;
  /** Sends a message to an inbound part that has no `from`. @param inbound `<plugin>-<part>` @param message sent as JSON; a text is sent as it is */
  send(inbound: string, message: unknown): Promise<void>;
  /** What webhooks can be pointed at; started when first asked for. */
  webhookSink(): Promise<WebhookSink>;
  /** What a plugin's `setup` gave in the worker of a listener of it; without one, in the function that set it up first: `api` for what answers requests. */
  getServices(plugin: string, listener?: string): Promise<unknown>;
  /** Runs a plugin's command. @param flags by name @returns the lines that it printed */
  runCommand(plugin: string, name: string, flags?: unknown): Promise<readonly string[]>;
  /** What it runs on. */
  readonly cloud: EmbeddedCloud;
  /** Ends the store and whatever it has started; also what `await using` does. */
  close(): Promise<void>;
}

/**
 * A whole store on the embedded cloud, on a free port, keeping nothing. Whoever asks it is known by the name alone, `as: "alice"`: where no
 * plugin knows basic authentication, by one that comes with it, and alice's user id is then `testuser:alice`; else the plugin gets the password `secret`.
 */
export const startTestStore = async ({
  plugins = [],
  settings = {},
  overrides = {},
  logLevel,
  ...options
}: TestStoreOptions = {}): Promise<TestStore> => {
  const logged: string[] = [];
  const given = readConfig({ plugins, settings }, overrides);
  const config = acceptsUserNames(given)
    ? given
    : readConfig({ plugins: [...plugins, testUser()], settings }, overrides);
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
  const close = async () => {
    await cloud.close();
    await (await sink)?.close();
  };
  return {
    ...createClient(createRequester(cloud.url)),
    url: cloud.url,
    mails: cloud.mails,
    logLines: logged,
    metrics: meter.of,
    drain: cloud.drain,
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

const acceptsUserNames = ({ plugins }: Config): boolean =>
  plugins.some(({ authentication }) => authentication?.scheme === "basic");
