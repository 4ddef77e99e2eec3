import * as z from "zod";

/** A URI of a bucket or of something in it. */
const uri = z
  .string()
  .regex(
    /^\/buckets\/[^/]+(?:\/[^/]+\/[^/]+)*$/,
    "must be the URI of an object, such as /buckets/blog/collections/drafts",
  );

/** The options of the plugin. */
export const options = z
  .strictObject({
    /** Objects of which, and of whose content, no history is kept. */
    excludeResources: z.array(uri).default([]),
    /** Users whose changes make no entries, such as those of a script that writes often. */
    excludeUserIds: z.array(z.string().min(1)).default([]),
    /** Maximum number of entries per bucket; older ones are deleted by the schedule. */
    maxCount: z.int().min(1).optional(),
    /** Maximum age of entries in days, likewise. */
    maxAgeDays: z.number().positive().max(36_500).optional(),
    /** When entries are deleted, as a cron expression in UTC. */
    trimSchedule: z.string().default("23 * * * *"),
  })
  .prefault({});

/** How far timestamps may be ahead of the clock: a day, as those of imported objects. */
const MAX_AHEAD_MS = 24 * 3600 * 1000;

/** The parameters of the action `revert`. A misspelt `dry_run` must not change anything. */
export const revertParams = z.strictObject({
  at: z
    .int()
    .min(0)
    .refine((at) => at <= Date.now() + MAX_AHEAD_MS, {
      error: "is in the future. Send the timestamp of a history entry.",
    })
    .describe("time in ms to go back to, such as the timestamp of a history entry"),
  by: z
    .string()
    .min(1)
    .optional()
    .describe("sets back only what no other user has changed since, such as account:alice"),
  dry_run: z.boolean().default(false).describe("reports what would change, and changes nothing"),
});
