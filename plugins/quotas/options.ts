import * as z from "zod";

const quota = z.strictObject({
  /** The highest sum of the sizes of all objects, in bytes. */
  maxBytes: z.int().min(0).optional(),
  /** The highest number of records. */
  maxItems: z.int().min(0).optional(),
  /** The highest size of one object in bytes. */
  maxBytesPerItem: z.int().min(0).optional(),
});

const id = z.string().regex(/^[a-zA-Z0-9][a-zA-Z0-9_-]{0,255}$/, "must be the id of a bucket");
const path = z
  .string()
  .regex(
    /^[a-zA-Z0-9][a-zA-Z0-9_-]{0,255}(\/[a-zA-Z0-9][a-zA-Z0-9_-]{0,255})?$/,
    "must be the id of a bucket, for all of its collections, or 'bucket/collection'",
  );

export const options = z
  .strictObject({
    /** Quota of each bucket. */
    bucket: quota.default({}),
    /** Quotas of single buckets by id. Each field replaces that of `bucket`. */
    buckets: z.record(id, quota).default({}),
    /** Quota of each collection. */
    collection: quota.default({}),
    /** Quotas of collections, by `bucket/collection` or, for all in a bucket, by its id. Each field replaces that of `collection`. */
    collections: z.record(path, quota).default({}),
    /** Principals that may start the action `recount`. */
    recountPrincipals: z.array(z.string()).default([]),
  })
  .prefault({});

export type Options = z.output<typeof options>;
export type Quota = z.output<typeof quota>;

/** Returns the quota of a bucket. */
export const bucketQuota = ({ bucket, buckets }: Options, id: string): Quota => merge(bucket, own(buckets, id));

/** Returns the quota of a collection. */
export const collectionQuota = ({ collection, collections }: Options, bucket: string, id: string): Quota =>
  merge(collection, own(collections, bucket), own(collections, `${bucket}/${id}`));

const own = (quotas: Readonly<Record<string, Quota>>, key: string): Quota =>
  (Object.hasOwn(quotas, key) ? quotas[key] : undefined) ?? {};

const merge = (...quotas: readonly Quota[]): Quota => Object.assign({}, ...quotas) as Quota;
