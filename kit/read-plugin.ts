import type { Data } from "../core/data.ts";
import type { ChangeEvent } from "../core/events/event.ts";
import type { Filter, Heard, ListenerContext, Subscription } from "../core/events/listener.ts";
import type { ObjectChange } from "../core/hooks.ts";
import type { InboundMessage } from "../core/inbound.ts";
import type { Pattern } from "../lib/event-pattern.ts";
import type { Json, JsonObject } from "../lib/json.ts";
import type { ActionCall, ActionDefinition, Job } from "./action.ts";
import type { Authentication } from "./authentication.ts";
import type { SetupTools } from "./definition.ts";
import type { EventSource } from "./event-source.ts";
import type { FilterDefinition, FilteredChange, FilteredRequest } from "./filter.ts";
import type { HookPoint } from "./hook-point.ts";
import type { InboundDefinition } from "./inbound.ts";
import type { IndexDefinition } from "./indexing.ts";
import type { Interface } from "./interface.ts";
import type { OwnNeed } from "./need.ts";
import type { ReadPlaces } from "./places.ts";
import type { Origin, PublisherDefinition } from "./publisher.ts";
import type { ReadQueue } from "./queue-options.ts";
import type { RenderedPage, RendererDefinition } from "./renderer.ts";
import type { ResourceDefinition } from "./resource.ts";
import type { Method, Rewritten, RouteAnswer, RouteCall, RouteDefinition } from "./route.ts";
import type { ScheduleDefinition } from "./schedule.ts";
import type { OptionsSchema } from "./schema.ts";

type Named<Part> = Readonly<Record<string, Part>>;

/** What a plugin states, its options known and nothing started: all that infra needs. */
export interface ReadPlugin {
  readonly name: string;
  readonly about: string;
  readonly version: string | undefined;
  readonly capability: string;
  readonly url: string | undefined;
  readonly requires: readonly string[];
  readonly needs: Named<OwnNeed>;
  readonly interfaces: readonly Interface<object>[];
  readonly hookPoints: readonly HookPoint<never>[];
  readonly authentication: Pick<Authentication<never, never>, "scheme" | "challenge"> | undefined;
  readonly userInfo: boolean;
  readonly resources: Named<ResourceDefinition>;
  readonly hooks: {
    readonly before: Named<ReadHook>;
    readonly after: Named<ReadHook>;
    readonly at: Named<ReadPointHook>;
  };
  readonly listeners: Named<ReadListener>;
  readonly inbound: Named<ReadInbound>;
  readonly routes: readonly ReadRoute[];
  readonly renderers: Named<Pick<RendererDefinition<never, never>, "types" | "about">>;
  readonly filters: Named<Pick<FilterDefinition<never, never>, "about" | "paths">>;
  readonly actions: Named<ReadAction>;
  readonly schedules: Named<ReadSchedule>;
  readonly implementations: Named<{ readonly interface: Interface<object> }>;
  readonly indexes: Named<Pick<IndexDefinition<never, never>, "about"> & ReadPlaces>;
  readonly publishers: Named<Pick<PublisherDefinition<never, never>, "about"> & ReadPublisher>;
  readonly commands: Named<{ readonly about: string; readonly flags?: OptionsSchema }>;
  readonly start: (
    tools: Pick<SetupTools<never, Record<never, never>>, "log" | "now" | "use" | "trigger"> & {
      readonly resources: Named<unknown>;
    },
  ) => Promise<StartedPlugin>;
}

/** What a listener states, its options known. */
export type ReadListener = Omit<Subscription, "name"> & { readonly idempotent: boolean; readonly queue: ReadQueue };

/** What an inbound part states. */
export type ReadInbound = Pick<InboundDefinition<unknown, never, never>, "about" | "schema"> & {
  /** What a bus brings it; what others send to its queue when `undefined`. */
  readonly from: EventSource | undefined;
  readonly idempotent: boolean;
  readonly queue: ReadQueue;
};

export interface ReadPublisher {
  readonly from: readonly string[] | undefined;
  readonly where: Pattern | undefined;
}

/** `timeout` in seconds. */
export type ReadHook = Filter & { readonly timeout: number };

interface ReadPointHook {
  /** Its point's name. */
  readonly point: string;
  /** Seconds. */
  readonly timeout: number;
}

type DescribedRoute = Pick<
  RouteDefinition<string, unknown, never, never>,
  "about" | "input" | "for" | "permission" | "answers"
>;

export interface ReadRoute extends DescribedRoute {
  /** Its name in the definition, such as `GET /hello/:name`. */
  readonly at: string;
  /** Without the version's prefix; `:name` stands for one part, `*` at the end for whatever follows. */
  readonly path: string;
  /** With HEAD where there is GET. */
  readonly methods: readonly Method[];
  /** Seconds. */
  readonly timeout: number;
  /** Whether it leads requests elsewhere. */
  readonly leads: boolean;
}

export type ReadAction = Pick<ActionDefinition<unknown, string, never, never>, "about" | "on" | "params"> &
  ReadPlaces & {
    readonly permission: string;
    readonly principals: readonly string[];
    readonly optIn: boolean;
  } & ReadWork;

export type ReadSchedule = Pick<ScheduleDefinition<never, never>, "about"> & {
  readonly cron: string | undefined;
} & ReadWork;

/** Seconds; further tries. */
export interface ReadWork {
  readonly timeLimit: number;
  readonly retries: number;
  readonly expiry: number;
}

/** A plugin that was set up: its parts, bound to its options and services. */
export interface StartedPlugin {
  /** What its `setup` gave. */
  readonly services: unknown;
  readonly identify: ((credentials: string) => Promise<string | null>) | undefined;
  readonly userInfo: ((user: string) => Promise<JsonObject>) | undefined;
  readonly before: Named<(change: ObjectChange, data: Data) => Promise<JsonObject | undefined>>;
  readonly after: Named<(event: ChangeEvent) => Promise<void>>;
  readonly at: Named<(params: object) => Promise<void>>;
  readonly listeners: Named<StartedListener>;
  /** `detail` as the schema makes it. */
  readonly inbound: Named<(message: InboundMessage<unknown>, context: ListenerContext) => Promise<Heard>>;
  readonly routes: readonly StartedRoute[];
  readonly renderers: Named<StartedRenderer>;
  readonly filters: Named<StartedFilter>;
  readonly actions: Named<(call: ActionCall<unknown>) => Promise<Json | undefined>>;
  readonly schedules: Named<(call: { readonly job: Job; readonly due: number }) => Promise<Json | undefined>>;
  /** By the plugin's own name for it; what the interface's name is, {@link ReadPlugin} tells. */
  readonly implementations: Named<object>;
  readonly publishers: Named<(items: readonly JsonObject[], origin: Origin) => Promise<void>>;
  readonly commands: Named<
    (call: {
      readonly flags: unknown;
      readonly print: (line: string) => void;
      readonly signal: AbortSignal;
    }) => Promise<void>
  >;
  readonly teardown: () => Promise<void>;
}

export interface StartedListener {
  readonly run: (event: ChangeEvent, context: ListenerContext) => Promise<Heard>;
  readonly runBatch: ((events: readonly ChangeEvent[], context: ListenerContext) => Promise<Heard>) | undefined;
}

export type StartedRoute = ReadRoute & {
  readonly run: ((call: RouteCall) => Promise<RouteAnswer>) | undefined;
  readonly rewrite: ((call: RouteCall) => Promise<Rewritten>) | undefined;
};

export type StartedRenderer = Pick<RendererDefinition<never, never>, "types" | "about"> & {
  readonly render: (page: RenderedPage) => Promise<string>;
  readonly list:
    | ((entries: AsyncIterable<JsonObject>, page: Omit<RenderedPage, "body">) => AsyncIterable<string>)
    | undefined;
};

export type StartedFilter = Pick<FilterDefinition<never, never>, "about" | "paths"> & {
  readonly request: ((request: FilteredRequest) => Promise<FilteredChange | RouteAnswer | undefined>) | undefined;
  readonly response: ((answer: RouteAnswer, request: FilteredRequest) => Promise<RouteAnswer | undefined>) | undefined;
};
