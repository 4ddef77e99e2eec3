import type { HookJob } from "../../core/jobs/job.ts";
import type { PluginContext } from "../context.ts";
import { type CollectionFilter, collectionFilterIssues, type ResolvedCollectionFilter } from "../event-filter.ts";
import type { HookPoint } from "./hook-points.ts";
import type { PartIssue } from "./part.ts";

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

/** A hook at a point, with its resolved options. */
export interface PointHookManifest extends ResolvedCollectionFilter {
  /** The name of the point. */
  readonly point: string;
  /** Whether the point's operation concerns an object. */
  readonly concernsObject: boolean;
  /** In seconds. */
  readonly timeout: number;
}

/** Issues of the buckets and collections of a hook at a point. */
export const pointFilterIssues = (path: string, hook: PointHookManifest): PartIssue[] => {
  if (hook.concernsObject) return collectionFilterIssues(path, hook);
  return (["buckets", "collections"] as const)
    .filter((field) => hook[field] !== undefined)
    .map((field) => ({
      path: `${path}.${field}`,
      message: `does not apply to the point '${hook.point}', which concerns no single object. Remove it.`,
    }));
};
