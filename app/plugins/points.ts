import { attachedTo } from "../../config/running.ts";
import type { Reach } from "../../core/points.ts";
import type { HookPoint } from "../../kit/hook-point.ts";
import { points } from "../../kit/points.ts";
import { behind, hookFailure } from "./hook-failure.ts";
import type { Surroundings } from "./surroundings.ts";
import { limited } from "./time-limit.ts";

/** Lets every hook at a point run, in the config's order. Rejects with the first that vetoes, where the point may be vetoed; logs what fails elsewhere. */
export const reachPoint = async <Params extends object>(
  around: Surroundings,
  point: HookPoint<Params>,
  params: Params,
): Promise<void> => {
  for (const plugin of attachedTo(around.config.plugins, point.name)) {
    for (const [name, hook] of Object.entries(plugin.hooks.at)) {
      if (hook.point !== point.name) continue;
      const what = `The hook '${name}' of the plugin '${plugin.name}' at ${point.name}`;
      const told = structuredClone(params);
      try {
        const run = (await around.start(plugin)).at[name];
        await limited(what, hook.timeout, async () => run?.(told));
      } catch (error) {
        if (point.veto) throw hookFailure(what, error);
        around.meter.add("HookFailures", plugin.name);
        around.log.error(`${what} failed`, { plugin: plugin.name, error: behind(error) });
      }
    }
  }
};

/** How the core's own operations reach their points. */
export const openReach =
  (around: Surroundings): Reach =>
  async (name, params) =>
    reachPoint(around, points[name], params);
