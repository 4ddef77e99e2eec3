import { mapValues } from "../../lib/util/map-values.ts";
import type { PluginContext } from "../context.ts";
import type { PluginManifest, PluginTypes } from "../plugin.ts";
import { createIndexing, INDEXING_PART, indexing } from "./indexes.ts";
import type { Named, Part, ShapeOf } from "./part.ts";

/**
 * Methods that other plugins can implement for one plugin. Created by {@link defineInterface}.
 * @example
 * const formatters: Interface<{ format: (text: string) => string }> = defineInterface("formatter");
 */
export interface Interface<Methods> {
  readonly name: string;
  /** Whether at most one plugin may implement it. */
  readonly singleton: boolean;
  /** Never set: carries the type. */
  readonly methods?: Methods;
}

/**
 * Defines an interface.
 * @param name unique among all interfaces, such as `formatter`
 * @example
 * export const formatter = defineInterface<{ format: (text: string) => string }>("formatter");
 */
export const defineInterface = <Methods extends object>(
  name: string,
  { singleton = false }: { singleton?: boolean } = {},
): Interface<Methods> => ({ name, singleton });

/**
 * A plugin's implementation of another plugin's interface.
 * @example
 * const upper: Implementation<{ format: (text: string) => string }, void, void> = {
 *   interface: defineInterface("formatter"),
 *   with: () => ({ format: (text) => text.toUpperCase() }),
 * };
 */
export interface Implementation<Methods, Config, Services> {
  readonly interface: Interface<Methods>;
  readonly with: (context: PluginContext<Config, Services>) => NoInfer<Methods>;
}

/**
 * The implementations of an interface, in the config's order. There may be none.
 * @example
 * const formatAll = (formatters: Implementations<{ format: (text: string) => string }>): Promise<string> =>
 *   formatters.chain("format", "hello");
 */
export interface Implementations<Methods> {
  all(): Promise<readonly Methods[]>;
  /**
   * Passes a value through the method of each implementation and returns the last result; the value itself if there
   * is none.
   */
  chain<Name extends ChainableMethods<Methods>, Value>(
    method: Name,
    value: Methods[Name] extends (value: Value) => unknown ? Value : never,
  ): Promise<Value>;
}

/** Methods that take one value and return one of the same type. */
type ChainableMethods<Methods> = {
  [Name in keyof Methods]: Methods[Name] extends (value: infer Value) => infer Result
    ? Awaited<Result> extends Value
      ? Name
      : never
    : never;
}[keyof Methods];

export interface InterfacesPart<Config, Services, T extends PluginTypes> {
  /** Interfaces of the plugin, for other plugins to implement. */
  readonly interfaces?: readonly Interface<object>[];
  /** The plugin's implementations of other plugins' interfaces. */
  readonly implementations?: {
    readonly [Name in keyof T["implementations"]]: Implementation<
      T["implementations"][Name],
      Config,
      NoInfer<Services>
    >;
  };
}

export const interfaces: Part<readonly Interface<object>[]> = {
  kind: "list",
  resolve: (definition) => definition.interfaces ?? [],
  check: (plugin, { plugins }) =>
    plugin.interfaces
      // Each plugin with an index may use this interface.
      .filter(({ name }) => name !== indexing.name)
      .flatMap(({ name }) => {
        const owner = plugins.find(({ interfaces }) => interfaces.some((one) => one.name === name));
        return owner === undefined || owner.definitionName === plugin.definitionName
          ? []
          : [{ path: "interfaces", message: `'${name}' is already an interface of the plugin '${owner.name}'.` }];
      }),
};

type AnyImplementation = Implementation<object, unknown, unknown>;

export const implementations: Part<Named<{ readonly interface: Interface<object> }>, Named<object>> = {
  kind: "object",
  shape: { interface: "object!", with: "function!" } satisfies ShapeOf<Implementation<never, never, never>>,
  resolve: (definition) => ({
    ...(definition.implementations as Named<AnyImplementation> | undefined),
    ...(definition.indexes && { [INDEXING_PART]: { interface: indexing } }),
  }),
  check: (plugin, { plugins }) => {
    const all = plugins.flatMap((owner) => listImplementations(owner));
    return listImplementations(plugin).flatMap(({ part, implemented }) => {
      const first = all.find((one) => one.implemented.name === implemented.name);
      return implemented.singleton && first !== undefined && !(first.plugin === plugin && first.part === part)
        ? [
            {
              path: `implementations.${part}`,
              message: `'${implemented.name}' allows one implementation, and '${first.plugin.name}' has one.`,
            },
          ]
        : [];
    });
  },
  bind: (definition, context) => ({
    ...mapValues(definition.implementations as Named<AnyImplementation> | undefined, (one) => one.with(context)),
    ...(definition.indexes && { [INDEXING_PART]: createIndexing(definition.indexes, context) }),
  }),
};

const listImplementations = (plugin: PluginManifest) =>
  Object.entries(plugin.implementations).map(([part, one]) => ({ plugin, part, implemented: one.interface }));
