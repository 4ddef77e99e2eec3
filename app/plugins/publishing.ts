import type { Heard, Listener, Outcome } from "../../core/events/listener.ts";
import type { StartedListener } from "../../kit/read-plugin.ts";
import { publishersFor } from "./running.ts";
import type { Surroundings } from "./surroundings.ts";

/** A plugin's listener, whose items go to every publisher that takes them, in the config's order, before its delivery counts as done. */
export const publishing = (around: Surroundings, listener: string, { run, runBatch }: StartedListener): Pick<Listener, "run" | "runBatch"> => {
  const publish = async (outcome: Heard): Promise<Outcome> => {
    if (outcome === "again") return outcome;
    // A listener that is not typed may return anything.
    const items: unknown = outcome?.publish;
    if (!Array.isArray(items) || items.length === 0) return;
    for (const { plugin, part } of publishersFor(around.config.plugins, listener)) {
      const { publishers } = await around.start(plugin);
      await publishers[part]?.(structuredClone(items));
    }
  };
  return {
    run: async (event, context) => publish(await run(event, context)),
    runBatch: runBatch && (async (events, context) => void (await publish(await runBatch(events, context)))),
  };
};
