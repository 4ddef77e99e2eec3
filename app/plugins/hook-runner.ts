import { pluginsWithHooksAt } from "../../config/plugin-placement.ts";
import type { HookRunner } from "../../core/hook-points.ts";
import { type HookPoint, storeHookPoints } from "../../kit/parts/hook-points.ts";
import type { AppContext } from "../app-context.ts";
import { getCause, toHookFailure } from "./hook-run.ts";
import { withTimeLimit } from "./time-limit.ts";

/** Lets every hook at a point run, in the config's order. Rejects with the first that vetoes, where the point may be vetoed; logs what fails elsewhere. */
export const runHooksAt = async <Params extends object>(
  app: AppContext,
  point: HookPoint<Params>,
  params: Params,
): Promise<void> => {
  for (const plugin of pluginsWithHooksAt(app.config.plugins, point.name)) {
    for (const [name, hook] of Object.entries(plugin.hooks.at)) {
      if (hook.point !== point.name) continue;
      const what = `The hook '${name}' of the plugin '${plugin.name}' at ${point.name}`;
      const told = structuredClone(params);
      try {
        const run = (await app.start(plugin)).hooks.at[name];
        await withTimeLimit(what, hook.timeout, async () => run?.(told));
      } catch (error) {
        if (point.veto) throw toHookFailure(what, error);
        app.meter.add("HookFailures", plugin.name);
        app.log.error(`${what} failed`, { plugin: plugin.name, error: getCause(error) });
      }
    }
  }
};

/** How the core's own operations reach their points. */
export const createHookRunner =
  (app: AppContext): HookRunner =>
  async (name, params) =>
    runHooksAt(app, storeHookPoints[name], params);
