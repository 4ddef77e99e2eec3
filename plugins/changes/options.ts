import * as z from "zod";

const resource = z
  .string()
  .regex(
    /^\/buckets\/[a-zA-Z0-9][\w-]{0,255}(\/collections\/[a-zA-Z0-9][\w-]{0,255})?$/,
    "must be the URI of a bucket or a collection, such as '/buckets/blog'",
  );
const seconds = z.int().min(0).max(31_536_000);

export const options = z.strictObject({
  /** URIs of collections, and of buckets for all of their collections. Their timestamps are public. */
  resources: z.array(resource).min(1).max(100),
  /** Distinguishes servers in entries. Default: empty. */
  host: z.string().max(255).default(""),
  /** How long the lists of changes may be cached, in seconds. Default: not at all. */
  cacheSeconds: seconds.optional(),
  /** The same for requests with `_expected`. Default: `cacheSeconds`. */
  cacheExpectedSeconds: seconds.optional(),
  /** Days after which `_since` is too old: such requests are redirected to the whole list. 0 switches it off. Default: 21. */
  maxSinceDays: z.int().min(0).max(36_500).default(21),
});

export type Options = z.output<typeof options>;
