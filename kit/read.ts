import type { Work } from "./action.ts";
import type { Needs, PluginDefinition } from "./definition.ts";
import { each } from "./each.ts";
import type { OwnEventName } from "./event-name.ts";
import { INDEXES, indexing } from "./indexing.ts";
import { readPlaces } from "./places.ts";
import type { ReadPlugin, ReadRoute, ReadWork } from "./read-plugin.ts";
import type { Method, RouteDefinition, RouteName } from "./route.ts";
import { start } from "./start.ts";

/** A definition whose parts' own types, which only their author needs, are let go. */
export type AnyDefinition<Config, Services> = PluginDefinition<
  unknown,
  Config,
  Needs,
  Services,
  string,
  Named<OwnEventName<string>>,
  Readonly<Record<RouteName, unknown>>,
  Named<unknown>,
  Named<unknown>,
  Named<object>,
  Named<object>
>;

type Named<Value> = Readonly<Record<string, Value>>;

/** Seconds that parts may take, unless they say so themselves. */
export const TIMEOUT = { hook: 2, point: 10, route: 20 } as const;

const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"] as const satisfies readonly Method[];

/** What a definition states once its options are known. */
export const read = <Config, Services>(definition: AnyDefinition<Config, Services>, config: Config): ReadPlugin => {
  const { name, about, url, hooks = {} } = definition;
  const hook = ({ on, timeout = TIMEOUT.hook, ...places }: { on: readonly string[]; timeout?: number } & Parameters<typeof readPlaces<Config>>[0]) => ({
    on,
    ...readPlaces(places, config),
    timeout,
  });
  return {
    name,
    about,
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
      at: each(hooks.at, ({ point }) => ({ point: point.name })),
    },
    listeners: each(definition.listeners, ({ on, idempotent = false, ...places }) => ({ on, ...readPlaces(places, config), idempotent })),
    routes: Object.entries(definition.routes ?? {}).map(([at, route]) => readRoute(at, route, definition.routes)),
    renderers: definition.renderers ?? {},
    filters: definition.filters ?? {},
    actions: each(definition.actions, ({ about, on, params, permission = "write", principals, optIn = false, ...rest }) => ({
      about,
      on,
      ...(params && { params }),
      ...readPlaces(rest, config),
      permission,
      principals: principals?.(config) ?? [],
      optIn,
      ...readWork(rest),
    })),
    schedules: each(definition.schedules, ({ about, cron, ...work }) => ({
      about,
      cron: typeof cron === "function" ? cron(config) : cron,
      ...readWork(work),
    })),
    implementations: { ...definition.implementations, ...(definition.indexes && { [INDEXES]: { interface: indexing } }) },
    indexes: each(definition.indexes, ({ about, ...places }) => ({ about, ...readPlaces(places, config) })),
    publishers: each(definition.publishers, ({ about, from }) => ({ about, from: from?.(config) })),
    commands: definition.commands ?? {},
    start: (tools) => start(definition, config, tools),
  };
};

/** @param at where it stands, such as `GET /hello/:name` @param all the plugin's routes */
export const readRoute = (at: string, route: RouteDefinition<string, unknown, never, never>, all: object = {}): ReadRoute => {
  const [method = "", path = ""] = at.split(" ");
  const heads = method === "GET" && !Object.hasOwn(all, `HEAD ${path}`);
  return {
    at,
    path,
    methods: METHODS.filter((one) => method === "ANY" || method === one || (heads && one === "HEAD")),
    about: route.about,
    leads: route.rewrite !== undefined,
    timeout: route.timeout ?? TIMEOUT.route,
    ...(route.input && { input: route.input }),
    ...(route.for && { for: route.for }),
    ...(route.permission && { permission: route.permission }),
    ...(route.answers && { answers: route.answers }),
  };
};

const readWork = ({ timeLimit = 3600, retries = 2, expiry = 7 * 24 * 3600 }: Work): ReadWork => ({ timeLimit, retries, expiry });
