import type { AsyncLocalStorage } from "node:async_hooks";
import { Failure } from "../core/errors.ts";
import type { JobStore } from "../core/jobs/job-store.ts";
import type { Log } from "../core/log.ts";
import type { Mailer } from "../core/mail.ts";
import type { World } from "../core/objects/world.ts";
import type { SearchEngine } from "../core/search/engine.ts";
import type { Store } from "../core/store/store.ts";
import type { Transactions } from "../core/store/transact.ts";
import type { HookPoint } from "../kit/hook-point.ts";
import type { Interface } from "../kit/interface.ts";
import type { MailNeed, OwnNeed, ResourceOf, SearchNeed, StoreSecretNeed } from "../kit/need.ts";
import { points } from "../kit/points.ts";
import type { ReadPlugin, StartedPlugin } from "../kit/read-plugin.ts";
import type { Cloud } from "./cloud.ts";
import type { Config } from "./config.ts";
import { openPluginData } from "./data.ts";
import { pluginVariable } from "./environment.ts";
import type { HookRun } from "./hooks.ts";
import { implementationsOf } from "./implementations.ts";
import { once } from "./once.ts";
import { reachPoint } from "./points.ts";
import { Problem } from "./problem.ts";
import { limited } from "./time-limit.ts";

/** What plugins are started with, and what must be closed in the end. */
export interface Surroundings {
  readonly cloud: Cloud;
  readonly config: Config;
  readonly store: Store;
  readonly jobs: JobStore;
  readonly log: Log;
  /** Epoch ms. */
  readonly now: () => number;
  readonly world: World;
  readonly transactions: Transactions;
  /** What hook the code that is running has been called by, if any. */
  readonly hookRuns: AsyncLocalStorage<HookRun>;
  readonly started: Map<ReadPlugin, Promise<StartedPlugin>>;
  readonly closing: (() => Promise<void>)[];
}

/** Sets a plugin up with the resources it needs, and no others; once, however many of its parts are used. */
export const startPlugin = (around: Surroundings, plugin: ReadPlugin): Promise<StartedPlugin> => {
  const started = around.started.get(plugin) ?? setUp(around, plugin);
  around.started.set(plugin, started);
  return started;
};

/** Seconds that a plugin's setup may take. */
const SETUP_TIME = 10;

/** Sets several plugins up, side by side. */
export const startAll = async (around: Surroundings, plugins: readonly ReadPlugin[]): Promise<void> => {
  await Promise.all(plugins.map((plugin) => startPlugin(around, plugin)));
};

const setUp = async (around: Surroundings, plugin: ReadPlugin): Promise<StartedPlugin> => {
  for (const name of plugin.requires) {
    const required = around.config.plugins.find((one) => one.name === name);
    if (required !== undefined) await startPlugin(around, required);
  }
  const entries = Object.entries(plugin.needs).map(async ([name, need]) => [name, await resourceFor(around, need)] as const);
  const resources = Object.fromEntries(await Promise.all(entries));
  let ready = false;
  // Whoever is asked may require this plugin, and would wait for it.
  const requireReady = (what: string) => {
    if (!ready) throw new TypeError(`it ${what} in its setup; that is for its parts, once it is set up`);
  };
  const own = {
    resources,
    log: around.log,
    use: <Methods extends object>(owned: Interface<Methods>) => {
      if (!plugin.interfaces.some(({ name }) => name === owned.name))
        throw new TypeError(`it uses the interface '${owned.name}', but does not list it among its interfaces`);
      return implementationsOf(around, owned, () => requireReady(`asks who implements '${owned.name}'`));
    },
    trigger: async <Params extends object>(point: HookPoint<Params>, params: Params) => {
      if (!plugin.hookPoints.some(({ name }) => name === point.name))
        throw new TypeError(`the point '${point.name}' does not stand among the hookPoints of '${plugin.name}'`);
      requireReady(`triggers '${point.name}'`);
      await reachPoint(around, point, params);
    },
  };
  try {
    const started = await limited(`Setting up the plugin '${plugin.name}'`, SETUP_TIME, () => plugin.start(own));
    ready = true;
    around.closing.unshift(started.teardown);
    return started;
  } catch (error) {
    const cause = error instanceof Failure && error.cause instanceof Error ? error.cause : error;
    throw new Problem([`The plugin '${plugin.name}' could not be set up: ${cause instanceof Error ? cause.message : String(cause)}`]);
  }
};

const resourceFor = async (around: Surroundings, need: OwnNeed): Promise<ResourceOf[OwnNeed["kind"]]> => {
  switch (need.kind) {
    case "mail":
      return closedLater(around, await openMailer(around.cloud, need));
    case "search":
      return openSearch(around, need);
    case "store-secret":
      return storeSecretOf(around, need);
    case "secret":
      return once(() => around.store.secret(`${need.plugin}.${need.name}`));
    case "variable":
      return around.config.pluginVariables.get(pluginVariable(need));
    case "data":
      return openPluginData(around, need.plugin, need.permissions);
    case "flush":
      return async (until) => {
        await reachPoint(around, points["flush.pre"], {});
        const done = await around.store.flush(around.config.resources.top, until);
        if (done) await reachPoint(around, points["flush.post"], {});
        return done;
      };
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

const storeSecretOf = ({ config, store }: Surroundings, { name }: StoreSecretNeed): (() => Promise<string>) => {
  // As in Kinto, personal buckets go by the users' secret unless they have one of their own.
  const given = name === "default_bucket_hmac_secret" ? (config.defaultBucketHmacSecret ?? config.useridHmacSecret) : config.useridHmacSecret;
  if (given !== undefined) return async () => given;
  return once(() => store.secret("userid_hmac_secret"));
};

const closedLater = <T extends { close(): Promise<void> }>({ closing }: Surroundings, resource: T): T => {
  closing.push(() => resource.close());
  return resource;
};
