import { pluginsWithHooksAt } from "../../config/plugin-placement.ts";
import { toObjectFields } from "../../core/events/change.ts";
import type { ChangeSubject } from "../../core/events/event.ts";
import { matchesPlaces } from "../../core/events/listener.ts";
import type { HookRunner } from "../../core/hook-points.ts";
import { type HookPoint, storeHookPoints } from "../../kit/parts/hook-points.ts";
import { copyData } from "../../lib/util/copy-data.ts";
import type { AppContext } from "../app-context.ts";
import { getCause, toHookFailure } from "./hook-run.ts";
import { withTimeLimit } from "./time-limit.ts";

/**
 * Runs every hook at a point, in the order of the config. If the point allows a veto, the first error rejects.
 * Otherwise errors are logged. Within a job the limits of the job apply instead of those of the hooks.
 */
export const runHooksAt = async <Params extends object>(
  app: AppContext,
  point: HookPoint<Params>,
  params: Params,
): Promise<void> => {
  for (const plugin of pluginsWithHooksAt(app.config.plugins, point.name)) {
    for (const [name, hook] of Object.entries(plugin.hooks.at)) {
      if (hook.point !== point.name) continue;
      const what = `The hook '${name}' of the plugin '${plugin.name}' at ${point.name}`;
      const [input, job] = [copyData(params), app.runningJobs.getStore()];
      try {
        const isLimited = hook.buckets !== undefined || hook.collections !== undefined;
        if (isLimited && !matchesPlaces(hook, getPlace(app, point, params))) continue;
        const run = (await app.start(plugin)).hooks.at[name];
        if (job !== undefined) await run?.(input, job);
        else await withTimeLimit(what, hook.timeout, async () => run?.(input, undefined));
      } catch (error) {
        if (point.veto) throw toHookFailure(what, error);
        app.meter.add("HookFailures", plugin.name);
        app.log.error(`${what} failed`, { plugin: plugin.name, error: getCause(error) });
      }
    }
  }
};

/** The ids of the object that the operation concerns, by its URI; none if it concerns no object. */
const getPlace = <Params extends object>(
  { storeContext }: AppContext,
  point: HookPoint<Params>,
  params: Params & { readonly uri?: unknown },
): Partial<ChangeSubject> => {
  if (typeof params.uri !== "string") return {};
  const ref = storeContext.resources.parseUri(params.uri);
  if (ref === undefined)
    throw new TypeError(`The parameter uri of ${point.name} is not the URI of an object: ${params.uri.slice(0, 200)}`);
  return toObjectFields(ref);
};

/** Creates the runner that core calls at its hook points. */
export const createHookRunner =
  (app: AppContext): HookRunner =>
  async (name, params, job) => {
    const run = () => runHooksAt(app, storeHookPoints[name], params);
    await (job === undefined ? run() : app.runningJobs.run(job, run));
  };
