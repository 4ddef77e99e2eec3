import type { ChangeEvent } from "../core/events/event.ts";
import type { InboundMessage } from "../core/inbound.ts";
import { each } from "../lib/util/each.ts";
import type { AnyDefinition } from "./any-definition.ts";
import type { EventOf } from "./event-name.ts";
import type { ChangeName } from "./hook.ts";
import { createIndexing, INDEXING_PART } from "./indexing.ts";
import type { PluginInstance, PluginManifest } from "./read-plugin.ts";
import { readRoute } from "./read-route.ts";
import type { PluginContext } from "./tools.ts";

/** Sets a plugin up, and binds its parts to its options and to what its `setup` gave. */
export const start = async <Config, Services>(
  definition: AnyDefinition<Config, Services>,
  config: Config,
  { resources, log, now, use, trigger }: Parameters<PluginManifest["start"]>[0],
): Promise<PluginInstance> => {
  // The resources are those of the needs stated in the definition: app makes one for each.
  const services = (await definition.setup?.({
    config,
    resources: resources as never,
    log,
    now,
    use,
    trigger,
  })) as Services;
  const tools: PluginContext<Config, Services> = { config, services, log };
  const { hooks = {}, authentication, userInfo, teardown } = definition;
  return {
    services,
    identify: authentication && (async (credentials) => authentication.identify(credentials, tools)),
    userInfo: userInfo && ((user) => userInfo(user, tools)),
    before: each(
      hooks.before,
      ({ run }) =>
        async (change, data) =>
          (await run(change, { ...tools, data })) ?? undefined,
    ),
    after: each(
      hooks.after,
      ({ run }) =>
        async (event) =>
          // What requests do has no purge in it.
          run(event as EventOf<ChangeName<string>, ChangeEvent>, tools),
    ),
    at: each(
      hooks.at,
      ({ run }) =>
        async (params) =>
          run(params, tools),
    ),
    listeners: each(definition.listeners, ({ run, batch }) => ({
      run: async (event, context) => run(event, { ...tools, ...context }),
      runBatch: batch?.run && (async (events, context) => batch.run?.(events, { ...tools, ...context })),
    })),
    inbound: each(
      definition.inbound,
      ({ run }) =>
        async (message, context) =>
          // As its schema has made it, or JSON where it has none.
          run(message as InboundMessage, { ...tools, ...context }),
    ),
    routes: Object.entries(definition.routes ?? {}).map(([at, route]) => ({
      ...readRoute(at, route, definition.routes),
      run: route.run && (async (call) => route.run(call, tools)),
      rewrite: route.rewrite && ((call) => route.rewrite(call, tools)),
    })),
    renderers: each(definition.renderers, ({ types, about, render, list }) => ({
      types,
      about,
      render: async (page) => render(page, tools),
      list: list && ((entries, page) => list(entries, page, tools)),
    })),
    filters: each(definition.filters, ({ about, paths, request, response }) => ({
      about,
      ...(paths && { paths }),
      request: request && (async (asked) => request(asked, tools)),
      response: response && (async (answer, asked) => response(answer, asked, tools)),
    })),
    actions: each(
      definition.actions,
      ({ run }) =>
        async (call) =>
          (await run(call, tools)) ?? undefined,
    ),
    schedules: each(
      definition.schedules,
      ({ run }) =>
        async (call) =>
          (await run(call, tools)) ?? undefined,
    ),
    implementations: {
      ...each(definition.implementations, (implementation) => implementation.with(tools)),
      ...(definition.indexes && { [INDEXING_PART]: createIndexing(definition.indexes, tools) }),
    },
    publishers: each(
      definition.publishers,
      ({ publish }) =>
        async (items, origin) =>
          publish(items, { ...tools, ...origin }),
    ),
    commands: each(
      definition.commands,
      ({ run }) =>
        async (call) =>
          run(call, tools),
    ),
    teardown: async () => teardown?.(tools),
  };
};
