import { pluginsWithHooksAt } from "../../config/plugin-placement.ts";
import type { HookRunner } from "../../core/hook-points.ts";
import { type HookPoint, storeHookPoints } from "../../kit/parts/hook-points.ts";
import type { AppContext } from "../app-context.ts";
import { getCause, toHookFailure } from "./hook-run.ts";
import { withTimeLimit } from "./time-limit.ts";

/**
 * Runs every hook at a point, in the order of the config. If the point allows a veto, the first error rejects.
 * Otherwise errors are logged.
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
      const input = structuredClone(params);
      try {
        const run = (await app.start(plugin)).hooks.at[name];
        await withTimeLimit(what, hook.timeout, async () => run?.(input));
      } catch (error) {
        if (point.veto) throw toHookFailure(what, error);
        app.meter.add("HookFailures", plugin.name);
        app.log.error(`${what} failed`, { plugin: plugin.name, error: getCause(error) });
      }
    }
  }
};

/** Creates the runner that core calls at its hook points. */
export const createHookRunner =
  (app: AppContext): HookRunner =>
  async (name, params) =>
    runHooksAt(app, storeHookPoints[name], params);
