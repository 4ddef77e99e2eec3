import type { PluginContext } from "./tools.ts";

/** What plugins may do for another, by a name: its owner asks whoever implements it. Made by {@link defineInterface}. */
export interface Interface<Methods> {
  readonly name: string;
  /** Whether one plugin at most may implement it. */
  readonly singleton: boolean;
  /** Never set: carries the type. */
  readonly methods?: Methods;
}

/** @param name such as `munger`; unlike that of any other interface */
export const defineInterface = <Methods extends object>(
  name: string,
  { singleton = false }: { singleton?: boolean } = {},
): Interface<Methods> => ({
  name,
  singleton,
});

/** A plugin's part in another's interface. */
export interface Implementation<Methods, Config, Services> {
  readonly interface: Interface<Methods>;
  readonly with: (tools: PluginContext<Config, Services>) => NoInfer<Methods>;
}

/** Those who implement an interface, in the config's order; nobody is a normal case. */
export interface Implementations<Methods> {
  all(): Promise<readonly Methods[]>;
  /** Hands a value from one to the next, and gives what the last made of it; nobody leaves it as it is. */
  chain<Name extends ChainableMethods<Methods>, Value>(
    method: Name,
    value: Methods[Name] extends (value: Value) => unknown ? Value : never,
  ): Promise<Value>;
}

/** Methods that take one value and give one like it. */
type ChainableMethods<Methods> = {
  [Name in keyof Methods]: Methods[Name] extends (value: infer Value) => infer Result
    ? Awaited<Result> extends Value
      ? Name
      : never
    : never;
}[keyof Methods];
