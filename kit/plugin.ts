import type { ChangeEvent } from "../core/events/event.ts";
import type { EventName, Filter, ListenerContext, Outcome } from "../core/events/listener.ts";
import type { JsonObject } from "../core/json.ts";
import type { Log } from "../core/log.ts";
import type { Need, Resources } from "./need.ts";
import type { PluginRoute, Rewritten, RouteAnswer, RouteCall } from "./route.ts";
import type { OptionsSchema } from "./schema.ts";

/** One feature, whole: data with functions in it, so that it can be read without being started. */
export interface PluginDefinition<Input, Config, Needs extends Readonly<Record<string, Need>>, Services> {
  /** Lower-case letters, digits and dashes; also the prefix of the user ids and queues it brings. */
  readonly name: string;
  /** One sentence. */
  readonly about: string;
  /** What clients know it by, among the capabilities that hello tells; the name, with `_` for `-`, when absent. */
  readonly capability?: string;
  /** Where clients can read about it. */
  readonly url?: string;
  /** Its options; without it, it takes none. */
  readonly config?: OptionsSchema<Input, Config>;
  readonly needs?: (config: Config) => Needs;
  /** Runs once per process, before the first use of a part. Heavy packages belong behind an `import()` in here. */
  readonly setup?: (tools: { config: Config; resources: Resources<Needs>; log: Log }) => Services | Promise<Services>;
  readonly authentication?: Authentication<NoInfer<Services>>;
  readonly routes?: Readonly<Record<string, PluginRoute<NoInfer<Config>, NoInfer<Services>>>>;
  /** What hello tells of a user, beside id and principals. */
  readonly userInfo?: (user: string, services: NoInfer<Services>) => Promise<JsonObject>;
  readonly listeners?: Readonly<Record<string, PluginListener<NoInfer<Config>, NoInfer<Services>>>>;
}

export interface Authentication<Services> {
  /** The scheme of the `Authorization` header, e.g. `basic`. */
  readonly scheme: string;
  /** The value of `WWW-Authenticate`. */
  readonly challenge: string;
  /** The user's id without the plugin's prefix, or `null` when the credentials say nothing. */
  readonly identify: (credentials: string, services: Services) => string | null | Promise<string | null>;
}

/** Runs for each matching event on a queue of its own; when it throws, it is called again later, and after some tries the event is parked. */
export interface PluginListener<Config, Services, Name extends EventName = EventName> {
  readonly on: readonly Name[];
  /** Bucket ids; all when absent. */
  readonly buckets?: (config: Config) => readonly string[] | undefined;
  /** Collection ids; all when absent. */
  readonly collections?: (config: Config) => readonly string[] | undefined;
  /** True where a repetition does no harm: spares the record that keeps repetitions away. */
  readonly idempotent?: boolean;
  readonly run: (event: ChangeEvent, tools: ListenerContext & { readonly config: Config; readonly services: Services }) => Promise<Outcome> | Outcome;
}

/** A plugin with its options, as `kintoun.config.ts` lists it. */
export interface Plugin {
  readonly name: string;
  readonly about: string;
  readonly options: unknown;
  readonly schema: OptionsSchema<unknown, unknown> | undefined;
  /** Reads the options; nothing is started by it. */
  readonly read: () => { readonly issues: readonly Issue[] } | { readonly issues?: undefined; readonly plugin: ReadPlugin };
}

export interface Issue {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

/** What a plugin states, its options known: all that infra needs. */
export interface ReadPlugin {
  readonly name: string;
  readonly about: string;
  readonly needs: Readonly<Record<string, Need>>;
  readonly capability: string;
  readonly url: string | undefined;
  readonly authentication: Pick<Authentication<never>, "scheme" | "challenge"> | undefined;
  /** By name, what is known of a route before it is started. */
  readonly routes: Readonly<Record<string, Pick<PluginRoute<never, never>, "paths" | "methods" | "about">>>;
  /** Whether it has a part in answering requests, beside authentication. */
  readonly answers: boolean;
  /** Whether some route of it leads requests elsewhere. */
  readonly leads: boolean;
  readonly listeners: Readonly<Record<string, Filter & { readonly idempotent: boolean }>>;
  readonly start: (tools: { readonly resources: Readonly<Record<string, unknown>>; readonly log: Log }) => Promise<StartedPlugin>;
}

export interface StartedPlugin {
  readonly identify: ((credentials: string) => Promise<string | null>) | undefined;
  readonly routes: readonly StartedRoute[];
  readonly userInfo: ((user: string) => Promise<JsonObject>) | undefined;
  readonly listeners: Readonly<Record<string, (event: ChangeEvent, context: ListenerContext) => Promise<Outcome>>>;
}

/** A route, bound to its plugin's options and services. */
export interface StartedRoute {
  readonly paths: readonly string[];
  readonly methods: readonly string[];
  readonly run: ((call: RouteCall) => Promise<RouteAnswer>) | undefined;
  readonly rewrite: ((call: RouteCall) => Promise<Rewritten>) | undefined;
}

/** Makes a function that takes the plugin's options and gives what the config's `plugins` lists. */
export const definePlugin = <Input = void, Config = Input, const Needs extends Readonly<Record<string, Need>> = Record<never, never>, Services = void>(
  definition: PluginDefinition<Input, Config, Needs, Services>,
): ((...options: undefined extends Input ? [options?: Input] : Input extends void ? [] : [options: Input]) => Plugin) => {
  const { name, about, config: schema } = definition;
  return (...[options]) => ({
    name,
    about,
    options,
    schema,
    read: () => {
      const result = schema === undefined ? { value: undefined as Config } : schema["~standard"].validate(options);
      if (result instanceof Promise) throw new TypeError(`The options of the plugin '${name}' can't be checked: its schema is asynchronous`);
      if (result.issues === undefined) return { plugin: bind(definition, result.value) };
      return { issues: result.issues.map(({ message, path = [] }) => ({ message, path: path.map((step) => (typeof step === "object" ? step.key : step)) })) };
    },
  });
};

const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"];

const bind = <Input, Config, Needs extends Readonly<Record<string, Need>>, Services>(
  definition: PluginDefinition<Input, Config, Needs, Services>,
  config: Config,
): ReadPlugin => {
  const { name, about, needs, setup, authentication, routes = {}, userInfo, listeners = {} } = definition;
  const parts = Object.entries(listeners);
  return {
    name,
    about,
    capability: definition.capability ?? name.replaceAll("-", "_"),
    url: definition.url,
    needs: needs?.(config) ?? {},
    authentication,
    routes,
    answers: userInfo !== undefined || Object.keys(routes).length > 0,
    leads: Object.values(routes).some(({ rewrite }) => rewrite !== undefined),
    listeners: Object.fromEntries(
      parts.map(([part, { on, buckets, collections, idempotent = false }]) => [
        part,
        { on, buckets: buckets?.(config), collections: collections?.(config), idempotent },
      ]),
    ),
    start: async ({ resources, log }) => {
      // The resources are those of the needs stated above: app makes one for each.
      const services = (await setup?.({ config, resources: resources as Resources<Needs>, log })) as Services;
      return {
        routes: Object.values(routes).map(({ paths, methods = METHODS, run, rewrite }) => ({
          paths,
          methods,
          run: run && ((call) => run(call, { config, services })),
          rewrite: rewrite && ((call) => rewrite(call, { config, services })),
        })),
        userInfo: userInfo && ((user) => userInfo(user, services)),
        identify: authentication && (async (credentials) => authentication.identify(credentials, services)),
        listeners: Object.fromEntries(
          parts.map(([part, { run }]) => [part, async (event: ChangeEvent, context: ListenerContext) => run(event, { ...context, config, services })]),
        ),
      };
    },
  };
};
