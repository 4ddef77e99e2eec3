import type { Config } from "../../config/config.ts";
import { describeParts } from "../../config/describe-parts.ts";
import { examineConfig } from "../../config/examine-config.ts";
import { pluginInbound, pluginListeners } from "../../config/listeners.ts";
import { publishersOf } from "../../config/plugin-placement.ts";
import { findPluginOfQueue, jobQueueNames, queueConfigs } from "../../config/queues.ts";
import { invalid } from "../../core/errors.ts";
import { PURGE_LISTENER } from "../../core/events/purge.ts";
import { explainPermissions } from "../../core/permissions/explain.ts";
import { EVERYONE, findPrincipalIssue, isGroup, isPlugin, readPrincipals } from "../../core/permissions/principals.ts";
import type { ObjectRef, Resources } from "../../core/resources.ts";
import { transact } from "../../core/store/transact.ts";
import { readsOf } from "../../core/store/view.ts";
import type { Inspection, QueueDescription, StoreDescription } from "../../kit/inspection.ts";
import type { JsonObject } from "../../lib/json.ts";
import type { AppContext } from "../app-context.ts";
import { VERSION } from "../version.ts";
import { listActions } from "./actions.ts";

/** Creates what a plugin learns of the store. */
export const createInspection = (app: AppContext): Inspection => {
  const { cloud, config, storeContext, transactions } = app;
  return {
    describe: () => describeStore(config, cloud.mail === undefined ? "aws" : "laptop"),
    explain: async ({ user: principal, path }) => {
      const user = readUser(principal);
      const ref = readPath(config.resources, path);
      const members = user === null ? [] : [user];
      const reads = ref === null ? { objects: [], parents: [], clocks: [] } : readsOf(ref);
      return transact(transactions, { ...reads, members, writes: [] }, async (session) => {
        if (ref !== null) await session.read(reads);
        return explainPermissions(session, storeContext, { user, ref });
      });
    },
    listGroups: async (user, after) => {
      const plan = { objects: [], parents: [], clocks: [], writes: [] };
      return transact(transactions, plan, async (session) => {
        const { principals, next } = await readPrincipals(session, readUser(user), after);
        return { groups: principals.filter(isGroup), ...(next !== undefined && { next }) };
      });
    },
    mails: cloud.mail?.caught,
  };
};

const readUser = (user: string): string | null => {
  const issue = findPrincipalIssue(user);
  const description =
    issue ??
    (isGroup(user)
      ? "A group is not a user. Use the id of one of its members."
      : isPlugin(user)
        ? "A plugin may do what its needs declare. See the plugin in the overview."
        : undefined);
  if (description !== undefined) throw invalid({ location: "querystring", name: "user", description });
  return user === EVERYONE ? null : user;
};

const readPath = (resources: Resources, path: string): ObjectRef | null => {
  const ref = path === "/" ? null : resources.parseUri(path);
  if (ref !== undefined) return ref;
  throw invalid({
    location: "querystring",
    name: "path",
    description: "The path is not the URI of an object, such as /buckets/blog/collections/posts, or / for the root",
  });
};

const describeStore = (config: Config, place: StoreDescription["place"]): StoreDescription => ({
  version: VERSION,
  node: process.version,
  place,
  plugins: config.plugins.map((plugin) => ({
    name: plugin.name,
    definition: plugin.definitionName,
    about: plugin.about,
    version: plugin.version,
    url: plugin.url,
    parts: describeParts(plugin),
  })),
  queues: describeQueues(config),
  actions: listActions(config.plugins).map(({ name, plugin, about, on, permission, params }) => ({
    name,
    plugin,
    about,
    on,
    permission,
    params,
  })),
  settings: describeSettings(config),
  findings: examineConfig(config, place === "aws"),
});

const describeSettings = ({ settings: { places: _, placeVariables: __, ...settings } }: Config): JsonObject =>
  JSON.parse(JSON.stringify(settings));

const describeQueues = (config: Config): readonly QueueDescription[] => {
  const { plugins, standalone } = config;
  const listeners = new Map(pluginListeners(plugins).map((listener) => [listener.name, listener]));
  const inbound = new Set(pluginInbound(plugins).map(({ name }) => name));
  const jobs = new Set(jobQueueNames(plugins));
  return queueConfigs(config).map(({ name, ordered, tries, budget }) => {
    const { on = [], buckets, collections } = listeners.get(name) ?? {};
    const kind = listeners.has(name)
      ? "listener"
      : inbound.has(name)
        ? "inbound"
        : jobs.has(name)
          ? "jobs"
          : PURGE_LISTENER.name === name
            ? "purge"
            : undefined;
    if (kind === undefined) throw new TypeError(`The queue '${name}' is of no listener, inbound part or job`);
    return {
      name,
      plugin: findPluginOfQueue(config, name)?.name ?? null,
      kind,
      on,
      buckets,
      collections,
      publishers: publishersOf(plugins, name).map(({ plugin, part }) => `${plugin.name}.${part}`),
      ordered,
      tries,
      timeLimit: budget,
      standalone: standalone.includes(name),
    };
  });
};
