import type { Data } from "../core/data.ts";
import type { ChangeEvent } from "../core/events/event.ts";
import type { EventFilter, ListenerContext, ListenerOutcome, Subscription } from "../core/events/listener.ts";
import type { ObjectChange } from "../core/hooks.ts";
import type { InboundMessage } from "../core/inbound.ts";
import type { Pattern } from "../lib/event-pattern.ts";
import type { Json, JsonObject } from "../lib/json.ts";
import type { ActionCall, ActionDefinition, Job } from "./action.ts";
import type { AuthenticationDefinition } from "./authentication.ts";
import type { SetupContext } from "./definition.ts";
import type { EventSource } from "./event-source.ts";
import type { FilterDefinition, FilterRequest, RequestChanges } from "./filter.ts";
import type { HookPoint } from "./hook-point.ts";
import type { InboundDefinition } from "./inbound.ts";
import type { IndexDefinition } from "./indexing.ts";
import type { Interface } from "./interface.ts";
import type { PluginNeed } from "./need.ts";
import type { ResolvedCollectionFilter } from "./places.ts";
import type { PublisherDefinition, PublishOrigin } from "./publisher.ts";
import type { ResolvedQueueOptions } from "./queue-options.ts";
import type { RendererDefinition, RendererInput } from "./renderer.ts";
import type { ResourceDefinition } from "./resource.ts";
import type { Method, RouteDefinition, RouteRequest, RouteResponse, RouteRewrite } from "./route.ts";
import type { ScheduleDefinition } from "./schedule.ts";
import type { StandardSchema } from "./schema.ts";

type Named<Part> = Readonly<Record<string, Part>>;

/** What a plugin states, its options known and nothing started: all that infra needs. */
export interface PluginManifest {
  readonly name: string;
  readonly about: string;
  readonly version: string | undefined;
  readonly capability: string;
  readonly url: string | undefined;
  readonly requires: readonly string[];
  readonly needs: Named<PluginNeed>;
  readonly interfaces: readonly Interface<object>[];
  readonly hookPoints: readonly HookPoint<never>[];
  readonly authentication: Pick<AuthenticationDefinition<never, never>, "scheme" | "challenge"> | undefined;
  readonly userInfo: boolean;
  readonly resources: Named<ResourceDefinition>;
  readonly hooks: {
    readonly before: Named<HookManifest>;
    readonly after: Named<HookManifest>;
    readonly at: Named<ReadPointHook>;
  };
  readonly listeners: Named<ListenerManifest>;
  readonly inbound: Named<InboundManifest>;
  readonly routes: readonly RouteManifest[];
  readonly renderers: Named<Pick<RendererDefinition<never, never>, "types" | "about">>;
  readonly filters: Named<Pick<FilterDefinition<never, never>, "about" | "paths">>;
  readonly actions: Named<ActionManifest>;
  readonly schedules: Named<ScheduleManifest>;
  readonly implementations: Named<{ readonly interface: Interface<object> }>;
  readonly indexes: Named<Pick<IndexDefinition<never, never>, "about"> & ResolvedCollectionFilter>;
  readonly publishers: Named<Pick<PublisherDefinition<never, never>, "about"> & PublisherManifest>;
  readonly commands: Named<{ readonly about: string; readonly flags?: StandardSchema }>;
  readonly start: (
    tools: Pick<SetupContext<never, Record<never, never>>, "log" | "now" | "use" | "trigger"> & {
      readonly resources: Named<unknown>;
    },
  ) => Promise<PluginInstance>;
}

/** What a listener states, its options known. */
export type ListenerManifest = Omit<Subscription, "name"> & {
  readonly idempotent: boolean;
  readonly queue: ResolvedQueueOptions;
};

/** What an inbound part states. */
export type InboundManifest = Pick<InboundDefinition<unknown, never, never>, "about" | "schema"> & {
  /** What a bus brings it; what others send to its queue when `undefined`. */
  readonly from: EventSource | undefined;
  readonly idempotent: boolean;
  readonly queue: ResolvedQueueOptions;
};

export interface PublisherManifest {
  readonly from: readonly string[] | undefined;
  readonly where: Pattern | undefined;
}

/** `timeout` in seconds. */
export type HookManifest = EventFilter & { readonly timeout: number };

interface ReadPointHook {
  /** Its point's name. */
  readonly point: string;
  /** Seconds. */
  readonly timeout: number;
}

type DescribedRoute = Pick<
  RouteDefinition<string, unknown, never, never>,
  "about" | "input" | "for" | "permission" | "responses"
>;

export interface RouteManifest extends DescribedRoute {
  /** Its name in the definition, such as `GET /hello/:name`. */
  readonly name: string;
  /** Without the version's prefix; `:name` stands for one part, `*` at the end for whatever follows. */
  readonly path: string;
  /** With HEAD where there is GET. */
  readonly methods: readonly Method[];
  /** Seconds. */
  readonly timeout: number;
  /** Whether it leads requests elsewhere. */
  readonly isRewrite: boolean;
}

export type ActionManifest = Pick<ActionDefinition<unknown, string, never, never>, "about" | "on" | "params"> &
  ResolvedCollectionFilter & {
    readonly permission: string;
    readonly principals: readonly string[];
    readonly optIn: boolean;
  } & ResolvedJobLimits;

export type ScheduleManifest = Pick<ScheduleDefinition<never, never>, "about"> & {
  readonly cron: string | undefined;
} & ResolvedJobLimits;

/** Seconds; further tries. */
export interface ResolvedJobLimits {
  readonly timeLimit: number;
  readonly retries: number;
  readonly expiry: number;
}

/** A plugin that was set up: its parts, bound to its options and services. */
export interface PluginInstance {
  /** What its `setup` gave. */
  readonly services: unknown;
  readonly identify: ((credentials: string) => Promise<string | null>) | undefined;
  readonly userInfo: ((user: string) => Promise<JsonObject>) | undefined;
  readonly before: Named<(change: ObjectChange, data: Data) => Promise<JsonObject | undefined>>;
  readonly after: Named<(event: ChangeEvent) => Promise<void>>;
  readonly at: Named<(params: object) => Promise<void>>;
  readonly listeners: Named<ListenerInstance>;
  /** `detail` as the schema makes it. */
  readonly inbound: Named<(message: InboundMessage<unknown>, context: ListenerContext) => Promise<ListenerOutcome>>;
  readonly routes: readonly RouteInstance[];
  readonly renderers: Named<RendererInstance>;
  readonly filters: Named<FilterInstance>;
  readonly actions: Named<(call: ActionCall<unknown>) => Promise<Json | undefined>>;
  readonly schedules: Named<(call: { readonly job: Job; readonly due: number }) => Promise<Json | undefined>>;
  /** By the plugin's own name for it; what the interface's name is, {@link PluginManifest} tells. */
  readonly implementations: Named<object>;
  readonly publishers: Named<(items: readonly JsonObject[], origin: PublishOrigin) => Promise<void>>;
  readonly commands: Named<
    (call: {
      readonly flags: unknown;
      readonly print: (line: string) => void;
      readonly signal: AbortSignal;
    }) => Promise<void>
  >;
  readonly teardown: () => Promise<void>;
}

export interface ListenerInstance {
  readonly run: (event: ChangeEvent, context: ListenerContext) => Promise<ListenerOutcome>;
  readonly runBatch:
    | ((events: readonly ChangeEvent[], context: ListenerContext) => Promise<ListenerOutcome>)
    | undefined;
}

export type RouteInstance = RouteManifest & {
  readonly run: ((call: RouteRequest) => Promise<RouteResponse>) | undefined;
  readonly rewrite: ((call: RouteRequest) => Promise<RouteRewrite>) | undefined;
};

export type RendererInstance = Pick<RendererDefinition<never, never>, "types" | "about"> & {
  readonly render: (page: RendererInput) => Promise<string>;
  readonly list:
    | ((entries: AsyncIterable<JsonObject>, page: Omit<RendererInput, "body">) => AsyncIterable<string>)
    | undefined;
};

export type FilterInstance = Pick<FilterDefinition<never, never>, "about" | "paths"> & {
  readonly request: ((request: FilterRequest) => Promise<RequestChanges | RouteResponse | undefined>) | undefined;
  readonly response:
    | ((answer: RouteResponse, request: FilterRequest) => Promise<RouteResponse | undefined>)
    | undefined;
};
