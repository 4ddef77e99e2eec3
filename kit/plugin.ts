import type { LogLevel } from "../core/ports/log.ts";
import { isObject, type JsonObject } from "../lib/json.ts";
import { mapValues } from "../lib/util/map-values.ts";
import { didYouMean } from "../lib/util/nearest.ts";
import type { PluginContext, SetupContext } from "./context.ts";
import type { ChangeName, OwnEventName, ReadName } from "./event-filter.ts";
import {
  hasName,
  type InstanceOptions,
  instanceOptionIssues,
  limitListeners,
  splitOptions,
} from "./instance-options.ts";
import { type Need, needIssues, type PluginNeed } from "./need.ts";
import { PARTS, type PartDefinitions, type PartInstances, type PartManifests } from "./parts/index.ts";
import {
  type CheckContext,
  type DefinitionIssue,
  findPartShapeIssues,
  findShapeIssues,
  type Kind,
  type Named,
  type Part,
  type PartIssue,
} from "./parts/part.ts";
import type { RouteName } from "./parts/routes.ts";
import type { StandardSchema } from "./schema.ts";

/**
 * The types that parts declare, by part. They are inferred by {@link definePlugin}.
 * @example
 * const names = <T extends PluginTypes>(definition: { listeners: T["listeners"] }): string[] =>
 * Object.values(definition.listeners);
 */
export interface PluginTypes {
  /** The options as the operator writes them. */
  readonly input: unknown;
  /** The names of the plugin's own resources. */
  readonly resources: string;
  /** By listener: its event names. */
  readonly listeners: Named<string>;
  /** By hook: its event names, its reads, or the parameters of its point. */
  readonly before: Named<string>;
  readonly after: Named<string>;
  readonly read: Named<string>;
  readonly at: unknown;
  /** By route: its input. */
  readonly routes: unknown;
  /** By action: its parameters. */
  readonly actions: unknown;
  /** By command: its flags. */
  readonly commands: unknown;
  /** By inbound part: its detail. */
  readonly inbound: unknown;
  /** By implementation: its methods. */
  readonly implementations: unknown;
}

/**
 * One feature: data with functions, so that it can be read without being started. Its types are inferred by
 * {@link definePlugin}.
 * @example
 * const definition: PluginDefinition<void, Record<never, never>, void, PluginTypes> = {
 *   name: "hello",
 *   about: "Says hello.",
 * };
 */
export interface PluginDefinition<Config, Needs extends Named<Need>, Services, T extends PluginTypes>
  extends PartDefinitions<Config, Services, T> {
  /** Lower-case letters, digits and dashes. It prefixes the plugin's user ids and queues. */
  readonly name: string;
  /** One sentence. */
  readonly about: string;
  /** Shown to clients and operators. When it changes, dead letters of the plugin are redriven. */
  readonly version?: string;
  /** The key in the `capabilities` of `GET /v1/`; the name, with `_` for `-`, when absent. */
  readonly capability?: string;
  /** Further fields of the capability, such as a URL that clients need. */
  readonly capabilityFields?: (config: Config) => JsonObject;
  /** A page for clients. The capability has no `url` when absent. */
  readonly url?: string;
  /** The schema of its options; it takes none when absent. */
  readonly config?: StandardSchema<T["input"], Config>;
  /** Plugins that must be active. They are set up before it. */
  readonly requires?: readonly string[];
  readonly needs?: (config: Config) => Needs;
  /** Runs once per process, before a part is first used. Load large packages here by `import()`. */
  readonly setup?: (context: SetupContext<Config, Needs>) => Services | Promise<Services>;
  /** Runs when the process ends. */
  readonly teardown?: (context: PluginContext<Config, NoInfer<Services>>) => void | Promise<void>;
}

/** A definition whose types are no longer known. */
export type AnyDefinition = PluginDefinition<unknown, Named<Need>, unknown, AnyTypes>;

interface AnyTypes extends PluginTypes {
  readonly at: Named<object>;
  readonly routes: Readonly<Record<RouteName, unknown>>;
  readonly actions: Named<unknown>;
  readonly commands: Named<unknown>;
  readonly inbound: Named<unknown>;
  readonly implementations: Named<object>;
}

/** What is known of a plugin without starting it: all that infrastructure and checks need. */
export interface PluginManifest extends PartManifests {
  /** The name in the config. */
  readonly name: string;
  /** The name in the definition. */
  readonly definitionName: string;
  readonly about: string;
  readonly version: string | undefined;
  readonly capability: string;
  readonly capabilityFields: JsonObject;
  readonly url: string | undefined;
  readonly requires: readonly string[];
  /** The lowest level that it logs; the store's level when `undefined`. */
  readonly logLevel: LogLevel | undefined;
  readonly needs: Named<PluginNeed>;
  readonly start: (
    context: Pick<SetupContext<never, Record<never, never>>, "log" | "now" | "use" | "trigger"> & {
      readonly resources: Named<unknown>;
    },
  ) => Promise<PluginInstance>;
}

/** A plugin that was set up. */
export interface PluginInstance extends PartInstances {
  /** The return value of its `setup`. */
  readonly services: unknown;
  readonly teardown: () => Promise<void>;
}

/**
 * A plugin with its options, as `kintoun.config.ts` lists it.
 * @example
 * const plugins: Plugin[] = [hello()];
 */
export interface Plugin {
  /** The option `name`, or the definition's name. */
  readonly name: string;
  /** The name in the definition. */
  readonly definitionName: string;
  readonly about: string;
  /** The plugin's own options, without those of {@link InstanceOptions}. */
  readonly options: unknown;
  readonly schema: StandardSchema<unknown, unknown> | undefined;
  /** Checks the definition and the options. Starts nothing. */
  readonly resolve: () =>
    | { readonly issues: readonly OptionIssue[] }
    | { readonly issues?: undefined; readonly plugin: PluginManifest };
}

interface OptionIssue {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

/** The arguments of a plugin's function: its own options, and those of {@link InstanceOptions}. */
type PluginArguments<Input, Listeners extends Named<string>> = unknown extends Input
  ? [options?: Input]
  : // biome-ignore lint/suspicious/noConfusingVoidType: the default of Input
    [Input] extends [void]
    ? [options?: InstanceOptions<Listeners>]
    : undefined extends Input
      ? [options?: Input & InstanceOptions<Listeners>]
      : [options: Input & InstanceOptions<Listeners>];

/**
 * Defines a plugin. Returns a function that takes the plugin's options, and those that every plugin has, and returns
 * what the config's `plugins` lists.
 * @example
 * export const hello = definePlugin({
 *   name: "hello",
 *   about: "Says hello.",
 *   routes: { "GET /hello/:name": { about: "Greets.", run: ({ params }) => jsonResponse({ hello: params.name }) } },
 * });
 */
export const definePlugin = <
  Input = void,
  Config = Input,
  const Needs extends Named<Need> = Record<never, never>,
  Services = void,
  Own extends string = never,
  const Listeners extends Named<OwnEventName<Own>> = Record<never, never>,
  const Before extends Named<ChangeName<Own>> = Record<never, never>,
  const After extends Named<ChangeName<Own>> = Record<never, never>,
  const Read extends Named<ReadName<Own>> = Record<never, never>,
  Routes extends Readonly<Record<RouteName, unknown>> = Record<never, never>,
  Actions = Record<never, never>,
  Commands = Record<never, never>,
  Inbound = Record<never, never>,
  Implementations = Record<never, never>,
  At = Record<never, never>,
>(
  definition: PluginDefinition<
    Config,
    Needs,
    Services,
    {
      readonly input: Input;
      readonly resources: Own;
      readonly listeners: Listeners;
      readonly before: Before;
      readonly after: After;
      readonly read: Read;
      readonly at: At;
      readonly routes: Routes;
      readonly actions: Actions;
      readonly commands: Commands;
      readonly inbound: Inbound;
      readonly implementations: Implementations;
    }
  >,
): ((...options: PluginArguments<Input, Listeners>) => Plugin) => {
  const { name, about, config: schema } = definition;
  return (...[options]) => {
    const { own, instance } = splitOptions<unknown>(options);
    return {
      name: typeof instance.name === "string" ? instance.name : name,
      definitionName: name,
      about,
      options: own,
      schema,
      resolve: () => {
        const issues = [...findDefinitionIssues(definition), ...instanceOptionIssues(instance, schema)];
        if (issues.length > 0) return { issues };
        if (schema === undefined && own !== undefined && !(isObject(own) && Object.keys(own).length === 0))
          return { issues: [{ path: [], message: "It takes no options of its own" }] };
        const result = schema === undefined ? { value: undefined as Config } : schema["~standard"].validate(own);
        if (result instanceof Promise)
          throw new TypeError(`The options of the plugin '${name}' cannot be checked: its schema is asynchronous`);
        if (result.issues !== undefined)
          return {
            issues: result.issues.map(({ message, path = [] }) => ({
              message,
              path: path.map((step) => (typeof step === "object" ? step.key : step)),
            })),
          };
        // The compiler has checked the types where the definition was written.
        const plugin = resolveDefinition(definition as unknown as AnyDefinition, result.value, instance);
        const limited = limitListeners(plugin.listeners, instance.listeners);
        if (limited.issues.length > 0) return { issues: limited.issues };
        return { plugin: { ...plugin, listeners: limited.listeners } };
      },
    };
  };
};

type OwnField = Exclude<
  keyof PluginDefinition<never, never, never, PluginTypes>,
  keyof PartDefinitions<never, never, PluginTypes>
>;

const OWN_SHAPE: { readonly [Field in OwnField]: Kind | `${Kind}!` } = {
  name: "text!",
  about: "text!",
  version: "text",
  capability: "text",
  capabilityFields: "ofOptions",
  url: "text",
  config: "schema",
  requires: "list",
  needs: "ofOptions",
  setup: "function",
  teardown: "function",
};

const parts = PARTS as unknown as Named<Part<unknown, unknown>>;
const DEFINITION_SHAPE = { ...OWN_SHAPE, ...mapValues(parts, ({ kind }) => kind) };

/** Issues of a definition as it is written. The types of a source file that runs unchecked may be wrong in any way. */
const findDefinitionIssues = (definition: unknown): readonly DefinitionIssue[] => [
  ...findShapeIssues(definition, DEFINITION_SHAPE, []),
  ...(isObject(definition)
    ? Object.entries(parts).flatMap(([key, part]) =>
        findPartShapeIssues(key, part, (definition as Named<unknown>)[key]),
      )
    : []),
];

/** Issues of a resolved plugin, alone and together with the other plugins. */
export const findPluginIssues = (plugin: PluginManifest, context: CheckContext): readonly PartIssue[] => [
  ...Object.values(parts).flatMap((part) => part.check?.(plugin, context) ?? []),
  ...requireIssues(plugin, context.plugins),
  ...needIssues(plugin, context),
];

const requireIssues = (plugin: PluginManifest, plugins: readonly PluginManifest[]): PartIssue[] => {
  const names = plugins.map(({ name }) => name);
  const missing = plugin.requires
    .filter((name) => !plugins.some((other) => hasName(other, name)))
    .map((name) => ({ path: "requires", message: `there is no plugin '${name}'. ${didYouMean(name, names)}` }));
  const circular = plugins.filter((one) => requiresItself(one, plugins)).map(({ name }) => name);
  // Reported once, at the first of them.
  return circular[0] === plugin.name
    ? [
        ...missing,
        {
          path: "requires",
          message: `is circular: ${circular.join(", ")} require${circular.length === 1 ? "s itself" : " each other"}.`,
        },
      ]
    : missing;
};

const requiresItself = (start: PluginManifest, plugins: readonly PluginManifest[]): boolean => {
  const seen = new Set<PluginManifest>();
  const open = [start];
  for (let plugin = open.pop(); plugin !== undefined; plugin = open.pop()) {
    for (const required of findRequired(plugin, plugins)) {
      if (required === start) return true;
      if (!seen.has(required)) open.push(required);
      seen.add(required);
    }
  }
  return false;
};

/** The active plugins that a plugin requires, by the name of their definition or their own. */
export const findRequired = (
  { requires }: PluginManifest,
  plugins: readonly PluginManifest[],
): readonly PluginManifest[] => plugins.filter((plugin) => requires.some((name) => hasName(plugin, name)));

/** @param instance options that were checked */
const resolveDefinition = (
  definition: AnyDefinition,
  config: unknown,
  instance: ReturnType<typeof splitOptions>["instance"],
): PluginManifest => {
  const { name: definitionName, about, version, url } = definition;
  const name = typeof instance.name === "string" ? instance.name : definitionName;
  const manifests = mapValues(parts, (part) => part.resolve(definition, config)) as PartManifests;
  return {
    name,
    definitionName,
    about,
    version,
    url,
    capability: definition.capability ?? name.replaceAll("-", "_"),
    capabilityFields: definition.capabilityFields?.(config) ?? {},
    requires: definition.requires ?? [],
    logLevel: instance.logLevel as LogLevel | undefined,
    needs: mapValues(definition.needs?.(config), (need) => ({ ...withCollection(need, manifests), plugin: name })),
    ...manifests,
    start: (context) => startDefinition(definition, config, context),
  };
};

/** Adds the collection of a type to the need of its objects. */
const withCollection = (need: Need, { indexes }: PartManifests): Need =>
  need.kind === "index" && Object.hasOwn(indexes, need.type)
    ? { ...need, of: indexes[need.type]?.type?.of ?? "" }
    : need;

/** Sets a plugin up and binds its parts. */
const startDefinition = async (
  definition: AnyDefinition,
  config: unknown,
  { resources, ...setup }: Parameters<PluginManifest["start"]>[0],
): Promise<PluginInstance> => {
  // The app creates one resource for each of the definition's needs.
  const services = await definition.setup?.({ config, resources: resources as never, ...setup });
  const context: PluginContext<unknown, unknown> = { config, services, log: setup.log };
  return {
    services,
    ...(mapValues(parts, (part) => part.bind?.(definition, context)) as PartInstances),
    teardown: async () => definition.teardown?.(context),
  };
};
