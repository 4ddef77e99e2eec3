import type { Data } from "../../core/data.ts";
import type { ChangeEvent } from "../../core/events/event.ts";
import type { EventFilter } from "../../core/events/listener.ts";
import type { HasPrincipal, ObjectChange, ObjectRead } from "../../core/hooks.ts";
import type { HookJob } from "../../core/jobs/job.ts";
import { isObject, type JsonObject } from "../../lib/json.ts";
import { mapValues } from "../../lib/util/map-values.ts";
import { DEFAULT_TIMEOUT_SECONDS } from "../context.ts";
import {
  type CollectionFilter,
  collectionFilterIssues,
  type EventOf,
  eventNameIssues,
  readNameIssues,
  resolveCollectionFilter,
} from "../event-filter.ts";
import type { PluginTypes } from "../plugin.ts";
import type { AfterHook, BeforeHook, Grant } from "./change-hooks.ts";
import type { HookPoint } from "./hook-points.ts";
import {
  COLLECTION_FILTER_SHAPE,
  findShapeIssues,
  type Named,
  type Part,
  type ShapeOf,
  timeoutIssues,
} from "./part.ts";
import { type PointHook, type PointHookManifest, pointFilterIssues } from "./point-hooks.ts";
import type { ReadHook } from "./read-hooks.ts";

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
