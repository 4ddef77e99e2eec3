import type { Data } from "../../core/data.ts";
import type { ChangeEvent } from "../../core/events/event.ts";
import type { EventFilter } from "../../core/events/listener.ts";
import type { HasPrincipal, ObjectChange, ObjectRead } from "../../core/hooks.ts";
import type { HookJob } from "../../core/jobs/job.ts";
import { isObject, type JsonObject } from "../../lib/json.ts";
import { mapValues } from "../../lib/util/map-values.ts";
import { DEFAULT_TIMEOUT_SECONDS, type PluginContext } from "../context.ts";
import {
  type CollectionFilter,
  collectionFilterIssues,
  type EventOf,
  eventNameIssues,
  type ResolvedCollectionFilter,
  readNameIssues,
  resolveCollectionFilter,
} from "../event-filter.ts";
import type { PluginTypes } from "../plugin.ts";
import type { HookPoint } from "./hook-points.ts";
import {
  COLLECTION_FILTER_SHAPE,
  findShapeIssues,
  type Named,
  type Part,
  type PartIssue,
  type ShapeOf,
  timeoutIssues,
} from "./part.ts";
import type { ReadHook } from "./read-hooks.ts";

/**
 * Runs before a change is stored. It may change the object, add to its permissions, reject the request
 * (`throw refuse(…)`), or change other objects in the same transaction. It runs again if the transaction is retried.
 * @example
 * const stamp: BeforeHook<void, void, "record.create"> = {
 *   on: ["record.create"],
 *   run: (change) => ({ ...change.new, reviewed: false }),
 * };
 */
export interface BeforeHook<Config, Services, Name> extends CollectionFilter<Config> {
  readonly on: readonly Name[];
  /** Time limit in seconds, 2 when absent. After it the request fails with 503 and changes nothing. */
  readonly timeout?: number;
  /** @returns the data to store instead, if any */
  readonly run: (
    change: EventOf<Name, ObjectChange>,
    context: PluginContext<Config, Services> & {
      /** The store within this transaction. Changes through it are committed together with the object. */
      readonly data: Data;
      /**
       * Adds principals to the permissions that the object will have. The plugin's needs must give it `write` on the
       * object.
       */
      readonly grant: Grant;
    },
  ) => NewData | Promise<NewData>;
}

// biome-ignore lint/suspicious/noConfusingVoidType: many hooks return nothing
type NewData = JsonObject | undefined | void;

type Grant = (permissions: Readonly<Record<string, readonly string[]>>) => void;

/**
 * Runs after a change is committed and before the response is sent. It cannot change the response; its failure is
 * logged.
 * @example
 * const log: AfterHook<void, void, "record.delete"> = {
 *   on: ["record.delete"],
 *   run: (event, { log }) => log.info("A record was deleted", { uri: event.uri }),
 * };
 */
export interface AfterHook<Config, Services, Name> extends CollectionFilter<Config> {
  readonly on: readonly Name[];
  /** Time limit in seconds, 2 when absent. After it the response is sent. */
  readonly timeout?: number;
  readonly run: (event: EventOf<Name, ChangeEvent>, context: PluginContext<Config, Services>) => void | Promise<void>;
}

/**
 * Runs at a hook point of an operation. At a point with `veto`, `throw refuse(…)` stops the operation. A hook in a job
 * can write to the job's log.
 * @example
 * const limit: PointHook<{ readonly requests: readonly unknown[] }, void, void> = {
 *   point: storeHookPoints["batch.pre"],
 *   run: ({ requests }) => {
 *     if (requests.length > 10) throw refuse(400, "At most 10 requests.");
 *   },
 * };
 */
export type PointHook<Params, Config, Services> = PointFilter<Params, Config> & {
  readonly point: HookPoint<Params>;
  /** Time limit in seconds, 10 when absent. Does not apply in a job, where the limits of the job apply. */
  readonly timeout?: number;
  readonly run: (
    params: Params,
    context: PluginContext<Config, Services> & {
      /** The job that the hook runs in; `undefined` outside of jobs. */
      readonly job: HookJob | undefined;
    },
  ) => void | Promise<void>;
};

/** Only points of operations on an object can be limited to buckets and collections. */
type PointFilter<Params, Config> = [Params] extends [{ readonly uri: string | null }]
  ? CollectionFilter<Config>
  : { readonly buckets?: never; readonly collections?: never };

/** The hooks of a plugin by name. */
interface HooksDefinition<Before, After, Read, Points, Config, Services> {
  /** Hooks before a change is stored. */
  readonly before?: { readonly [Hook in keyof Before]: BeforeHook<Config, Services, Before[Hook]> };
  /** Hooks after a change is committed, before the response. */
  readonly after?: { readonly [Hook in keyof After]: AfterHook<Config, Services, After[Hook]> };
  /** Hooks before a user sees an object. */
  readonly read?: { readonly [Hook in keyof Read]: ReadHook<Config, Services, Read[Hook]> };
  /** Hooks at points of operations of the store or of other plugins. */
  readonly at?: { readonly [Hook in keyof Points]: PointHook<Points[Hook], Config, Services> };
}

export interface HooksPart<Config, Services, T extends PluginTypes> {
  readonly hooks?: HooksDefinition<T["before"], T["after"], T["read"], T["at"], Config, NoInfer<Services>>;
}

/** A hook for changes or reads, with its resolved options. `timeout` is in seconds. */
export type HookManifest = EventFilter & { readonly timeout: number };

export interface HooksManifest {
  readonly before: Named<HookManifest>;
  readonly after: Named<HookManifest>;
  readonly read: Named<HookManifest>;
  readonly at: Named<PointHookManifest>;
}

export interface PointHookManifest extends ResolvedCollectionFilter {
  /** The name of the point. */
  readonly point: string;
  /** Whether the point's operation concerns an object. */
  readonly concernsObject: boolean;
  /** In seconds. */
  readonly timeout: number;
}

export interface HooksInstance {
  readonly before: Named<(change: ObjectChange, data: Data, grant: Grant) => Promise<JsonObject | undefined>>;
  readonly after: Named<(event: ChangeEvent) => Promise<void>>;
  readonly read: Named<(read: ObjectRead, hasPrincipal: HasPrincipal) => Promise<JsonObject | undefined>>;
  readonly at: Named<(params: object, job: HookJob | undefined) => Promise<void>>;
}

const HOOK_SHAPE = { on: "list!", ...COLLECTION_FILTER_SHAPE, timeout: "any", run: "function!" } as const;

const POINT_SHAPE = { name: "text!", about: "text!", params: "object!", veto: "flag!" } satisfies ShapeOf<
  HookPoint<never>
>;

const SHAPES = {
  before: HOOK_SHAPE satisfies ShapeOf<BeforeHook<never, never, never>>,
  after: HOOK_SHAPE satisfies ShapeOf<AfterHook<never, never, never>>,
  read: HOOK_SHAPE satisfies ShapeOf<ReadHook<never, never, never>>,
  at: { point: "object!", ...COLLECTION_FILTER_SHAPE, timeout: "any", run: "function!" } satisfies ShapeOf<
    PointHook<never, never, never>
  >,
} as const;

export const hooks: Part<HooksManifest, HooksInstance> = {
  kind: "object",
  single: true,
  shape: { before: "object", after: "object", read: "object", at: "object" } satisfies ShapeOf<
    HooksDefinition<never, never, never, never, never, never>
  >,
  shapeIssues: (value) =>
    Object.entries(SHAPES).flatMap(([when, shape]) => {
      const all = (value as Named<unknown>)[when];
      return Object.entries(isObject(all) ? all : {}).flatMap(([name, hook]) => [
        ...findShapeIssues(hook, shape, ["hooks", when, name]),
        ...(isObject(hook) && isObject(hook.point)
          ? findShapeIssues(hook.point, POINT_SHAPE, ["hooks", when, name, "point"])
          : []),
      ]);
    }),
  resolve: ({ hooks = {} }, config) => {
    const resolveHook = ({
      on,
      timeout = DEFAULT_TIMEOUT_SECONDS.hook,
      ...places
    }: { on: readonly string[]; timeout?: number } & CollectionFilter<unknown>): HookManifest => ({
      on,
      ...resolveCollectionFilter(places, config),
      timeout,
    });
    return {
      before: mapValues(hooks.before, resolveHook),
      after: mapValues(hooks.after, resolveHook),
      read: mapValues(hooks.read, resolveHook),
      at: mapValues(hooks.at, ({ point, timeout = DEFAULT_TIMEOUT_SECONDS.point, ...places }) => ({
        point: point.name,
        concernsObject: Object.hasOwn(point.params, "uri"),
        timeout,
        // Points that concern no object have no places, which is checked.
        ...resolveCollectionFilter(places as CollectionFilter<unknown>, config),
      })),
    };
  },
  check: ({ hooks }, { resources }) => [
    ...Object.entries(hooks).flatMap(([when, all]) =>
      Object.entries(all as Named<{ timeout: number }>).flatMap(([name, { timeout }]) =>
        timeoutIssues(`hooks.${when}.${name}`, timeout),
      ),
    ),
    ...(["before", "after"] as const).flatMap((when) =>
      Object.entries(hooks[when]).flatMap(([name, hook]) => [
        ...(resources === undefined
          ? []
          : eventNameIssues(`hooks.${when}.${name}.on`, hook.on, resources, { purges: false })),
        ...collectionFilterIssues(`hooks.${when}.${name}`, hook),
      ]),
    ),
    ...Object.entries(hooks.read).flatMap(([name, hook]) => [
      ...(resources === undefined ? [] : readNameIssues(`hooks.read.${name}.on`, hook.on, resources)),
      ...collectionFilterIssues(`hooks.read.${name}`, hook),
    ]),
    ...Object.entries(hooks.at).flatMap(([name, hook]) => pointFilterIssues(`hooks.at.${name}`, hook)),
  ],
  bind: ({ hooks = {} }, context) => ({
    before: mapValues(
      hooks.before,
      ({ run }) =>
        async (change, data, grant) =>
          (await run(change as EventOf<string, ObjectChange>, { ...context, data, grant })) ?? undefined,
    ),
    after: mapValues(
      hooks.after,
      ({ run }) =>
        async (event) =>
          // Requests make no purge events.
          run(event as EventOf<string, ChangeEvent>, context),
    ),
    read: mapValues(
      hooks.read,
      ({ run }) =>
        async (read, hasPrincipal) =>
          (await run(read as EventOf<string, ObjectRead>, { ...context, hasPrincipal })) ?? undefined,
    ),
    at: mapValues(
      hooks.at,
      ({ run }) =>
        async (params, job) =>
          run(params, { ...context, job }),
    ),
  }),
};

const pointFilterIssues = (path: string, hook: PointHookManifest): PartIssue[] => {
  if (hook.concernsObject) return collectionFilterIssues(path, hook);
  return (["buckets", "collections"] as const)
    .filter((field) => hook[field] !== undefined)
    .map((field) => ({
      path: `${path}.${field}`,
      message: `does not apply to the point '${hook.point}', which concerns no single object. Remove it.`,
    }));
};
