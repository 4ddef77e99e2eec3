import type { Log } from "../core/ports/log.ts";
import type { JsonObject } from "../lib/json.ts";
import type { ActionDefinition } from "./action.ts";
import type { AuthenticationDefinition } from "./authentication.ts";
import type { CommandDefinition } from "./command.ts";
import type { OwnEventName } from "./event-name.ts";
import type { FilterDefinition } from "./filter.ts";
import type { ChangeName, HooksDefinition } from "./hook.ts";
import type { HookPoint } from "./hook-point.ts";
import type { InboundDefinition } from "./inbound.ts";
import type { IndexDefinition } from "./indexing.ts";
import type { Implementation, Implementations, Interface } from "./interface.ts";
import type { ListenerDefinition } from "./listener.ts";
import type { Need, Resources } from "./need.ts";
import type { PublisherDefinition } from "./publisher.ts";
import type { RendererDefinition } from "./renderer.ts";
import type { ResourceDefinition } from "./resource.ts";
import type { RouteDefinition, RouteName } from "./route.ts";
import type { ScheduleDefinition } from "./schedule.ts";
import type { StandardSchema } from "./schema.ts";
import type { PluginContext } from "./tools.ts";

export type Needs = Readonly<Record<string, Need>>;

/** One feature, whole: data with functions in it, so that it can be read without being started. */
export interface PluginDefinition<
  Input,
  Config,
  N extends Needs,
  Services,
  Own extends string,
  Heard extends Readonly<Record<string, OwnEventName<Own>>>,
  Before extends Readonly<Record<string, ChangeName<Own>>>,
  After extends Readonly<Record<string, ChangeName<Own>>>,
  Routes extends Readonly<Record<RouteName, unknown>>,
  Actions,
  Commands,
  Inbounds,
  Implemented,
  At,
> {
  /** Lower-case letters, digits and dashes; also the prefix of the user ids and queues it brings. */
  readonly name: string;
  /** One sentence. */
  readonly about: string;
  /** Told to clients and operators; when another one is deployed, what failed for good is tried again. */
  readonly version?: string;
  /** What clients know it by, among the capabilities that hello tells; the name, with `_` for `-`, when absent. */
  readonly capability?: string;
  /** Where clients can read about it. */
  readonly url?: string;
  /** Its options; without it, it takes none. */
  readonly config?: StandardSchema<Input, Config>;
  /** Plugins without which it can't be; they are set up before it. */
  readonly requires?: readonly string[];
  readonly needs?: (config: Config) => N;
  /** Interfaces that it asks others to implement. */
  readonly interfaces?: readonly Interface<object>[];
  /** Points of its own, at which others may attach hooks. */
  readonly hookPoints?: readonly HookPoint<never>[];
  /** Runs once per process, before the first use of a part. Heavy packages belong behind an `import()` in here. */
  readonly setup?: (tools: SetupContext<Config, N>) => Services | Promise<Services>;
  /** Runs when the process ends, after the last use of a part. */
  readonly teardown?: (tools: PluginContext<Config, NoInfer<Services>>) => void | Promise<void>;

  readonly authentication?: AuthenticationDefinition<Config, NoInfer<Services>>;
  /** What hello tells of a user, beside id and principals. */
  readonly userInfo?: (user: string, tools: PluginContext<Config, NoInfer<Services>>) => Promise<JsonObject>;
  readonly resources?: Readonly<Record<Own, ResourceDefinition<NoInfer<Own>>>>;
  readonly hooks?: HooksDefinition<Before, After, At, Config, NoInfer<Services>>;
  readonly listeners?: { readonly [Name in keyof Heard]: ListenerDefinition<Config, NoInfer<Services>, Heard[Name]> };
  readonly inbound?: {
    readonly [Name in keyof Inbounds]: InboundDefinition<Inbounds[Name], Config, NoInfer<Services>>;
  };
  /** By place; a name that is made when the program runs is looked at at the start. */
  readonly routes?: {
    readonly [Name in keyof Routes]: Name extends RouteName | MadeLater<Name>
      ? RouteDefinition<Name, Routes[Name], Config, NoInfer<Services>>
      : NoRouteName;
  };
  readonly renderers?: Readonly<Record<string, RendererDefinition<Config, NoInfer<Services>>>>;
  readonly filters?: Readonly<Record<string, FilterDefinition<Config, NoInfer<Services>>>>;
  readonly actions?: {
    readonly [Name in keyof Actions]: ActionDefinition<Actions[Name], NoInfer<Own>, Config, NoInfer<Services>>;
  };
  readonly schedules?: Readonly<Record<string, ScheduleDefinition<Config, NoInfer<Services>>>>;
  readonly implementations?: {
    readonly [Name in keyof Implemented]: Implementation<Implemented[Name], Config, NoInfer<Services>>;
  };
  readonly indexes?: Readonly<Record<string, IndexDefinition<Config, NoInfer<Services>>>>;
  readonly publishers?: Readonly<Record<string, PublisherDefinition<Config, NoInfer<Services>>>>;
  readonly commands?: {
    readonly [Name in keyof Commands]: CommandDefinition<Commands[Name], Config, NoInfer<Services>>;
  };
}

/** What the compiler says where a route's name begins with no method. */
type NoRouteName = "A route is named by its method (or ANY), a space and its path, such as 'GET /hello/:name'";

/** A name of which no letter is known where it is written. */
type MadeLater<Name> = string extends Name ? Name : never;

export interface SetupContext<Config, N extends Needs> {
  readonly config: Config;
  readonly resources: Resources<N>;
  readonly log: Log;
  /** What time it is for the store, epoch ms: what expiries go by. */
  readonly now: () => number;
  /** Those who implement an interface that the definition's `interfaces` list. */
  readonly use: <Methods extends object>(owned: Interface<Methods>) => Implementations<Methods>;
  /** Lets those who are attached to a point do what they want there; a point of the definition's `hookPoints`. Rejects when one vetoes. */
  readonly trigger: <Params extends object>(point: HookPoint<Params>, params: Params) => Promise<void>;
}
