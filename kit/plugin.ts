import type { ChangeEvent } from "../core/events/event.ts";
import type { EventName, Filter, ListenerContext, Outcome } from "../core/events/listener.ts";
import type { Log } from "../core/log.ts";
import type { Need, Resources } from "./need.ts";
import type { OptionsSchema } from "./schema.ts";

/** One feature, whole: data with functions in it, so that it can be read without being started. */
export interface PluginDefinition<Input, Config, Needs extends Readonly<Record<string, Need>>, Services> {
  /** Lower-case letters, digits and dashes; also the prefix of the user ids and queues it brings. */
  readonly name: string;
  /** One sentence. */
  readonly about: string;
  /** Its options; without it, it takes none. */
  readonly config?: OptionsSchema<Input, Config>;
  readonly needs?: (config: Config) => Needs;
  /** Runs once per process, before the first use of a part. Heavy packages belong behind an `import()` in here. */
  readonly setup?: (tools: { config: Config; resources: Resources<Needs>; log: Log }) => Services | Promise<Services>;
  readonly authentication?: Authentication<NoInfer<Services>>;
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
  readonly authentication: Pick<Authentication<never>, "scheme" | "challenge"> | undefined;
  readonly listeners: Readonly<Record<string, Filter & { readonly idempotent: boolean }>>;
  readonly start: (tools: { readonly resources: Readonly<Record<string, unknown>>; readonly log: Log }) => Promise<StartedPlugin>;
}

export interface StartedPlugin {
  readonly identify: ((credentials: string) => Promise<string | null>) | undefined;
  readonly listeners: Readonly<Record<string, (event: ChangeEvent, context: ListenerContext) => Promise<Outcome>>>;
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

const bind = <Input, Config, Needs extends Readonly<Record<string, Need>>, Services>(
  definition: PluginDefinition<Input, Config, Needs, Services>,
  config: Config,
): ReadPlugin => {
  const { name, about, needs, setup, authentication, listeners = {} } = definition;
  const parts = Object.entries(listeners);
  return {
    name,
    about,
    needs: needs?.(config) ?? {},
    authentication,
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
        identify: authentication && (async (credentials) => authentication.identify(credentials, services)),
        listeners: Object.fromEntries(
          parts.map(([part, { run }]) => [part, async (event: ChangeEvent, context: ListenerContext) => run(event, { ...context, config, services })]),
        ),
      };
    },
  };
};
