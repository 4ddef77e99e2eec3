import { each } from "../lib/util/each.ts";
import type { Work } from "./action.ts";
import type { AnyDefinition } from "./any-definition.ts";
import { INDEXES, indexing } from "./indexing.ts";
import { readPlaces } from "./places.ts";
import { readQueue } from "./queue-options.ts";
import type { ReadPlugin, ReadWork } from "./read-plugin.ts";
import { readRoute } from "./read-route.ts";
import { start } from "./start.ts";
import { TIMEOUT } from "./timeouts.ts";

/** What a definition states once its options are known. */
export const read = <Config, Services>(definition: AnyDefinition<Config, Services>, config: Config): ReadPlugin => {
  const { name, about, version, url, hooks = {} } = definition;
  const hook = ({
    on,
    timeout = TIMEOUT.hook,
    ...places
  }: { on: readonly string[]; timeout?: number } & Parameters<typeof readPlaces<Config>>[0]) => ({
    on,
    ...readPlaces(places, config),
    timeout,
  });
  return {
    name,
    about,
    version,
    url,
    capability: definition.capability ?? name.replaceAll("-", "_"),
    requires: definition.requires ?? [],
    needs: each(definition.needs?.(config), (need) => ({ ...need, plugin: name })),
    interfaces: definition.interfaces ?? [],
    hookPoints: definition.hookPoints ?? [],
    authentication: definition.authentication,
    userInfo: definition.userInfo !== undefined,
    resources: definition.resources ?? {},
    hooks: {
      before: each(hooks.before, hook),
      after: each(hooks.after, hook),
      at: each(hooks.at, ({ point, timeout = TIMEOUT.point }) => ({ point: point.name, timeout })),
    },
    listeners: each(definition.listeners, ({ on, where, echo = false, idempotent = false, ...rest }) => ({
      on,
      ...readPlaces(rest, config),
      where: where?.(config),
      echo,
      idempotent,
      queue: readQueue(rest),
    })),
    inbound: each(definition.inbound, ({ about, from, schema, idempotent = false, ...rest }) => ({
      about,
      ...(schema && { schema }),
      from: typeof from === "function" ? from(config) : from,
      idempotent,
      queue: readQueue(rest),
    })),
    routes: Object.entries(definition.routes ?? {}).map(([at, route]) => readRoute(at, route, definition.routes)),
    renderers: definition.renderers ?? {},
    filters: definition.filters ?? {},
    actions: each(
      definition.actions,
      ({ about, on, params, permission = "write", principals, optIn = false, ...rest }) => ({
        about,
        on,
        ...(params && { params }),
        ...readPlaces(rest, config),
        permission,
        principals: principals?.(config) ?? [],
        optIn,
        ...readWork(rest),
      }),
    ),
    schedules: each(definition.schedules, ({ about, cron, ...work }) => ({
      about,
      cron: typeof cron === "function" ? cron(config) : cron,
      ...readWork(work),
    })),
    implementations: {
      ...definition.implementations,
      ...(definition.indexes && { [INDEXES]: { interface: indexing } }),
    },
    indexes: each(definition.indexes, ({ about, ...places }) => ({ about, ...readPlaces(places, config) })),
    publishers: each(definition.publishers, ({ about, from, where }) => ({
      about,
      from: from?.(config),
      where: where?.(config),
    })),
    commands: definition.commands ?? {},
    start: (tools) => start(definition, config, tools),
  };
};

const readWork = ({ timeLimit = 3600, retries = 2, expiry = 7 * 24 * 3600 }: Work): ReadWork => ({
  timeLimit,
  retries,
  expiry,
});
