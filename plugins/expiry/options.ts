import * as z from "zod";

const ids = z.array(z.string().min(1)).min(1).max(100);

const rule = z.strictObject({
  /** Ids of buckets; `*` in an id matches any characters. Default: all. */
  buckets: ids.default(["*"]),
  /** Ids of collections; `*` as in buckets. */
  collections: ids,
  /** The field with the time: epoch milliseconds, or a date as of ISO 8601. Default: `expires`. */
  field: z.string().min(1).max(100).default("expires"),
  /** How long records without the field are kept after their last change, in seconds. Default: forever. */
  seconds: z
    .int()
    .min(1)
    .max(100 * 366 * 86_400)
    .optional(),
});

export const options = z.strictObject({
  /** The first rule that names a record's collection holds. */
  rules: z.array(rule).min(1).max(50),
  /** When expired records are deleted. Default: every five minutes. */
  cron: z.string().default("*/5 * * * *"),
});

export type Options = z.output<typeof options>;
export type Rule = Options["rules"][number];

/** Returns the rule of a collection. */
export const findRule = ({ rules }: Options, bucket: string, collection: string): Rule | undefined =>
  rules.find(({ buckets, collections }) => matchesAny(buckets, bucket) && matchesAny(collections, collection));

const matchesAny = (patterns: readonly string[], id: string): boolean =>
  patterns.some((pattern) => matchesPattern(pattern, id));

/** Compares an id with a pattern, part by part: each `*` skips as little as possible. */
const matchesPattern = (pattern: string, id: string): boolean => {
  const [first = "", ...others] = pattern.split("*");
  const last = others.pop();
  if (last === undefined) return pattern === id;
  let position = first.length;
  if (!id.startsWith(first)) return false;
  for (const part of others) {
    const found = id.indexOf(part, position);
    if (found === -1) return false;
    position = found + part.length;
  }
  return id.length - last.length >= position && id.endsWith(last);
};

/** The collections that the plugin may change. A pattern becomes any id. */
export const writtenCollections = ({ rules }: Options): readonly string[] => [
  ...new Set(
    rules.flatMap(({ buckets, collections }) =>
      buckets.flatMap((bucket) =>
        collections.map((collection) => `/buckets/${toId(bucket)}/collections/${toId(collection)}`),
      ),
    ),
  ),
];

const toId = (pattern: string): string => (pattern.includes("*") ? "*" : pattern);
