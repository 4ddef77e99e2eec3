import type * as zod from "zod";
import type { Pattern } from "../lib/event-pattern.ts";

/** The options that publishers have in common, to be put among their own: `z.strictObject({ ...itemOptions(z), path: z.string() })`. @param z the plugin's own: the kit loads none */
export const publisherOptions = (z: Pick<typeof zod, "any" | "array" | "record" | "string">) => {
  // What stands in it, the start looks at, wherever it comes from.
  const pattern: zod.ZodType<Pattern, Pattern> = z.record(z.string(), z.any());
  return {
    /** Listeners and inbound parts whose items it tells, as `<plugin>-<listener>`; all when absent. */
    from: z.array(z.string()).optional(),
    /** What an item must be like: `{ kind: ["order"] }`; anything when absent. */
    where: pattern.optional(),
  };
};
