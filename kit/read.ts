import { each } from "../lib/util/each.ts";
import type { JobLimits } from "./action.ts";
import type { AnyDefinition } from "./any-definition.ts";
import { INDEXING_PART, indexing } from "./indexing.ts";
import { resolveCollectionFilter } from "./places.ts";
import { resolveQueueOptions } from "./queue-options.ts";
import type { PluginManifest, ResolvedJobLimits } from "./read-plugin.ts";
import { readRoute } from "./read-route.ts";
import { start } from "./start.ts";
import { DEFAULT_TIMEOUT_SECONDS } from "./timeouts.ts";

/** What a definition states once its options are known. */
export const read = <Config, Services>(definition: AnyDefinition<Config, Services>, config: Config): PluginManifest => {
  const { name, about, version, url, hooks = {} } = definition;
  const hook = ({
    on,
    timeout = DEFAULT_TIMEOUT_SECONDS.hook,
    ...places
  }: { on: readonly string[]; timeout?: number } & Parameters<typeof resolveCollectionFilter<Config>>[0]) => ({
    on,
    ...resolveCollectionFilter(places, config),
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
      at: each(hooks.at, ({ point, timeout = DEFAULT_TIMEOUT_SECONDS.point }) => ({ point: point.name, timeout })),
    },
    listeners: each(definition.listeners, ({ on, where, echo = false, idempotent = false, ...rest }) => ({
      on,
      ...resolveCollectionFilter(rest, config),
      where: where?.(config),
      echo,
      idempotent,
      queue: resolveQueueOptions(rest),
    })),
    inbound: each(definition.inbound, ({ about, from, schema, idempotent = false, ...rest }) => ({
      about,
      ...(schema && { schema }),
      from: typeof from === "function" ? from(config) : from,
      idempotent,
      queue: resolveQueueOptions(rest),
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
        ...resolveCollectionFilter(rest, config),
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
      ...(definition.indexes && { [INDEXING_PART]: { interface: indexing } }),
    },
    indexes: each(definition.indexes, ({ about, ...places }) => ({
      about,
      ...resolveCollectionFilter(places, config),
    })),
    publishers: each(definition.publishers, ({ about, from, where }) => ({
      about,
      from: from?.(config),
      where: where?.(config),
    })),
    commands: definition.commands ?? {},
    start: (tools) => start(definition, config, tools),
  };
};

const readWork = ({ timeLimit = 3600, retries = 2, expiry = 7 * 24 * 3600 }: JobLimits): ResolvedJobLimits => ({
  timeLimit,
  retries,
  expiry,
});
