import type { Heard, Listener } from "../../core/events/listener.ts";
import { publishersFor } from "./running.ts";
import type { Surroundings } from "./surroundings.ts";

type Run = (...heard: Parameters<Listener["run"]>) => Promise<Heard>;

/** A plugin's listener, whose items go to every publisher that takes them, in the config's order, before its delivery counts as done. */
export const publishing =
  (around: Surroundings, listener: string, run: Run): Listener["run"] =>
  async (event, context) => {
    const outcome = await run(event, context);
    if (outcome === "again") return outcome;
    // A listener that is not typed may return anything.
    const items: unknown = outcome?.publish;
    if (!Array.isArray(items) || items.length === 0) return;
    for (const { plugin, part } of publishersFor(around.config.plugins, listener)) {
      const { publishers } = await around.start(plugin);
      await publishers[part]?.(structuredClone(items));
    }
  };
