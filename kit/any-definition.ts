import type { Needs, PluginDefinition } from "./definition.ts";
import type { OwnEventName } from "./event-name.ts";
import type { ChangeName } from "./hook.ts";
import type { RouteName } from "./route.ts";

/** A definition whose parts' own types, which only their author needs, are let go. */
export type AnyDefinition<Config, Services> = PluginDefinition<
  unknown,
  Config,
  Needs,
  Services,
  string,
  Named<OwnEventName<string>>,
  Named<ChangeName<string>>,
  Named<ChangeName<string>>,
  Readonly<Record<RouteName, unknown>>,
  Named<unknown>,
  Named<unknown>,
  Named<unknown>,
  Named<object>,
  Named<object>
>;

type Named<Value> = Readonly<Record<string, Value>>;
