import type { Log } from "../core/log.ts";
import type { Mailer } from "../core/mail.ts";
import type { SearchEngine } from "../core/search/engine.ts";
import type { Store } from "../core/store/store.ts";
import type { MailNeed, Need, ResourceOf, SearchNeed, SecretNeed } from "../kit/need.ts";
import type { ReadPlugin, StartedPlugin } from "../kit/plugin.ts";
import type { Cloud } from "./cloud.ts";
import type { Config } from "./config.ts";
import { once } from "./once.ts";
import { Problem } from "./problem.ts";

/** What plugins are started with, and what must be closed in the end. */
export interface Surroundings {
  readonly cloud: Cloud;
  readonly config: Config;
  readonly store: Store;
  readonly log: Log;
  /** Epoch ms. */
  readonly now: () => number;
  readonly started: Map<ReadPlugin, Promise<StartedPlugin>>;
  readonly closing: (() => Promise<void>)[];
}

/** Sets a plugin up with the resources it needs, and no others; once, however many of its parts are used. */
export const startPlugin = (around: Surroundings, plugin: ReadPlugin): Promise<StartedPlugin> => {
  const started = around.started.get(plugin) ?? setUp(around, plugin);
  around.started.set(plugin, started);
  return started;
};

const setUp = async (around: Surroundings, plugin: ReadPlugin): Promise<StartedPlugin> => {
  const entries = Object.entries(plugin.needs).map(async ([name, need]) => [name, await resourceFor(around, need)] as const);
  const resources = Object.fromEntries(await Promise.all(entries));
  try {
    return await plugin.start({ resources, log: around.log });
  } catch (error) {
    throw new Problem([`The plugin '${plugin.name}' could not be set up: ${error instanceof Error ? error.message : String(error)}`]);
  }
};

const resourceFor = async (around: Surroundings, need: Need): Promise<ResourceOf[Need["kind"]]> => {
  switch (need.kind) {
    case "mail":
      return closedLater(around, await openMailer(around.cloud, need));
    case "search":
      return openSearch(around, need);
    case "secret":
      return secretOf(around, need);
    case "flush":
      return (until) => around.store.flush(until);
  }
};

const openMailer = async ({ mail }: Cloud, { via }: MailNeed): Promise<Mailer> => {
  const server = mail ?? via;
  if (server === "ses") return (await import("../adapters/mail/ses.ts")).openSes();
  return (await import("../adapters/mail/smtp.ts")).openSmtp(server);
};

/** The engine that serves a need: in AWS a domain, else the embedded one. */
export const openSearch = async (around: Surroundings, { domain }: Pick<SearchNeed, "domain">): Promise<SearchEngine> => {
  const { search } = around.cloud;
  if (search !== undefined) {
    const { openSqliteSearch } = await import("../adapters/search/sqlite/engine.ts");
    return closedLater(around, openSqliteSearch(search));
  }
  if (domain === undefined) throw new Problem(["plugins: search.domain must name the OpenSearch domain to use in AWS."]);
  const { openDomain } = await import("../adapters/search/opensearch/domain.ts");
  return closedLater(around, openDomain({ domain }));
};

const secretOf = ({ config, store }: Surroundings, { name }: SecretNeed): (() => Promise<string>) => {
  // As in Kinto, personal buckets go by the users' secret unless they have one of their own.
  const given = name === "default_bucket_hmac_secret" ? (config.defaultBucketHmacSecret ?? config.useridHmacSecret) : config.useridHmacSecret;
  if (given !== undefined) return async () => given;
  return once(() => store.secret("userid_hmac_secret"));
};

const closedLater = <T extends { close(): Promise<void> }>({ closing }: Surroundings, resource: T): T => {
  closing.push(() => resource.close());
  return resource;
};
