import { type Config, readConfig } from "../../app/config.ts";
import type { Overrides } from "../../app/environment.ts";
import { jsonLog } from "../../core/log.ts";
import { type CloudOptions, type EmbeddedCloud, startCloud } from "../../local/cloud.ts";
import type { CaughtMail } from "../../local/mail-sink.ts";
import type { KintounConfig } from "../config.ts";
import { asking, type Client, clientOf } from "./client.ts";
import { testUser } from "./test-user.ts";

/** What `kintoun.config.ts` says, and what a test may want to be different. */
export interface TestStoreOptions extends Partial<Pick<KintounConfig, "plugins" | "settings">>, Pick<CloudOptions, "retryAfter" | "wrap" | "dynamodb"> {
  /** What the environment would say. */
  readonly overrides?: Overrides;
}

export interface TestStore extends Client, AsyncDisposable {
  /** The API's root, with `/v1`. */
  readonly url: string;
  /** Mails that plugins have sent, oldest first; nobody else gets them. */
  readonly mails: readonly CaughtMail[];
  /** Lines of the log so far, each JSON. */
  readonly logged: readonly string[];
  /** Resolves when every change so far has reached its listeners, or their dead-letter queues. */
  drain(): Promise<void>;
  /** How many events a listener has failed on for good. @param listener `<plugin>-<listener>` */
  dead(listener: string): Promise<number>;
  /** What it runs on. */
  readonly cloud: EmbeddedCloud;
  /** Ends the store and whatever it has started; also what `await using` does. */
  close(): Promise<void>;
}

/**
 * A whole store on the embedded cloud, on a free port, keeping nothing. Whoever asks it is known by the name alone, `as: "alice"`: where no
 * plugin knows basic authentication, by one that comes with it, and alice's user id is then `testuser:alice`; else the plugin gets the password `secret`.
 */
export const testStore = async ({ plugins = [], settings = {}, overrides = {}, ...options }: TestStoreOptions = {}): Promise<TestStore> => {
  const logged: string[] = [];
  const given = readConfig({ plugins, settings }, overrides);
  const config = knowsNames(given) ? given : readConfig({ plugins: [...plugins, testUser()], settings }, overrides);
  const cloud = await startCloud({ config, port: 0, log: jsonLog((line) => logged.push(line)), ...options });
  return {
    ...clientOf(asking(cloud.url)),
    url: cloud.url,
    mails: cloud.mails,
    logged,
    drain: cloud.drain,
    dead: cloud.dead,
    cloud,
    close: cloud.close,
    [Symbol.asyncDispose]: cloud.close,
  };
};

const knowsNames = ({ plugins }: Config): boolean => plugins.some(({ authentication }) => authentication?.scheme === "basic");
