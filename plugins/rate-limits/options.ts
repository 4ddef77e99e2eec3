import { URLPattern } from "node:url";
import * as z from "zod";

const isPath = (path: string): boolean => {
  try {
    return path.startsWith("/") && new URLPattern({ pathname: path }) !== undefined;
  } catch {
    return false;
  }
};

const limit = z.strictObject({
  /** Its name in headers: lower-case letters, digits and dashes. */
  name: z.string().regex(/^[a-z][a-z0-9-]{0,30}$/, "must have 1 to 31 lowercase letters, digits and dashes"),
  /** How many requests are accepted in each time window. */
  requests: z.int().min(1).max(1_000_000_000),
  /** The length of a window in seconds, 1 to 86,400 (a day). */
  seconds: z.int().min(1).max(86_400),
  /** `reads` are GET, HEAD and searches, `writes` all others. Default: `all`. */
  methods: z.enum(["all", "reads", "writes"]).default("all"),
  /** Paths without `/v1`, such as `/buckets/:bucket/*`. Default: all. */
  paths: z.array(z.string().refine(isPath, "must be a path, such as '/buckets/:bucket/*'")).min(1).max(20).optional(),
  /** `user`: identified users, and addresses of anonymous ones. `address`: addresses, of identified users too. */
  per: z.enum(["user", "address"]).default("user"),
});

export const options = z
  .strictObject({
    /** One to five limits. Each costs one write per request that it concerns. Default: 1,000 requests per minute. */
    limits: z
      .array(limit)
      .min(1)
      .max(5)
      .refine((limits) => new Set(limits.map(({ name }) => name)).size === limits.length, "must have different names")
      .prefault([{ name: "requests", requests: 1000, seconds: 60 }]),
    /** Users without limits: ids, and URIs of groups. */
    exempt: z.array(z.string().min(1)).max(100).default([]),
  })
  .prefault({});

export type Options = z.output<typeof options>;
export type Limit = Options["limits"][number];

const GROUP = /^\/buckets\/[^/]+\/groups\/[^/]+$/;

/** The URIs of groups without limits. */
export const exemptGroups = ({ exempt }: Options): readonly string[] => exempt.filter((one) => GROUP.test(one));
