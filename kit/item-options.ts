import * as z from "zod";
import type { Pattern } from "../core/events/pattern.ts";

/** What stands in it, the start looks at, wherever it comes from. */
const pattern: z.ZodType<Pattern, Pattern> = z.record(z.string(), z.any());

/** The options that publishers have in common, to be put among their own: `z.strictObject({ ...itemOptions, path: z.string() })`. */
export const itemOptions = {
  /** Listeners and inbound parts whose items it tells, as `<plugin>-<listener>`; all when absent. */
  from: z.array(z.string()).optional(),
  /** What an item must be like: `{ kind: ["order"] }`; anything when absent. */
  where: pattern.optional(),
};
