import type { AnyDefinition } from "./any-definition.ts";
import type { Needs, PluginDefinition } from "./definition.ts";
import { definitionFlaws } from "./definition-flaws.ts";
import type { OwnEventName } from "./event-name.ts";
import type { ChangeName } from "./hook.ts";
import { read } from "./read.ts";
import type { PluginManifest } from "./read-plugin.ts";
import type { RouteName } from "./route.ts";
import type { StandardSchema } from "./schema.ts";

/** A plugin with its options, as `kintoun.config.ts` lists it. */
export interface Plugin {
  readonly name: string;
  readonly about: string;
  readonly options: unknown;
  readonly schema: StandardSchema<unknown, unknown> | undefined;
  /** Reads the definition and the options; nothing is started by it. */
  readonly resolve: () =>
    | { readonly issues: readonly Issue[] }
    | { readonly issues?: undefined; readonly plugin: PluginManifest };
}

export interface Issue {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

/** Makes a function that takes the plugin's options and gives what the config's `plugins` lists. */
export const definePlugin = <
  Input = void,
  Config = Input,
  const N extends Needs = Record<never, never>,
  Services = void,
  Own extends string = never,
  const Heard extends Readonly<Record<string, OwnEventName<Own>>> = Record<never, never>,
  const Before extends Readonly<Record<string, ChangeName<Own>>> = Record<never, never>,
  const After extends Readonly<Record<string, ChangeName<Own>>> = Record<never, never>,
  Routes extends Readonly<Record<RouteName, unknown>> = Record<never, never>,
  Actions = Record<never, never>,
  Commands = Record<never, never>,
  Inbounds = Record<never, never>,
  Implemented = Record<never, never>,
  At = Record<never, never>,
>(
  definition: PluginDefinition<
    Input,
    Config,
    N,
    Services,
    Own,
    Heard,
    Before,
    After,
    Routes,
    Actions,
    Commands,
    Inbounds,
    Implemented,
    At
  >,
): ((
  ...options: undefined extends Input ? [options?: Input] : Input extends void ? [] : [options: Input]
) => Plugin) => {
  const { name, about, config: schema } = definition;
  return (...[options]) => ({
    name,
    about,
    options,
    schema,
    resolve: () => {
      const flaws = definitionFlaws(definition);
      if (flaws.length > 0) return { issues: flaws };
      if (schema === undefined && options !== undefined)
        return { issues: [{ path: [], message: "It takes no options" }] };
      const result = schema === undefined ? { value: undefined as Config } : schema["~standard"].validate(options);
      if (result instanceof Promise)
        throw new TypeError(`The options of the plugin '${name}' can't be checked: its schema is asynchronous`);
      // What fits what was checked where the definition was written; from here on it is only handed on.
      if (result.issues === undefined)
        return { plugin: read(definition as unknown as AnyDefinition<Config, Services>, result.value) };
      return {
        issues: result.issues.map(({ message, path = [] }) => ({
          message,
          path: path.map((step) => (typeof step === "object" ? step.key : step)),
        })),
      };
    },
  });
};
