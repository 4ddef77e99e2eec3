import * as z from "zod";
import { MOST_HOOKS } from "./metadata.ts";

/** Of changes to objects, by type and action. */
const EVENTS = (["bucket", "collection", "group", "record"] as const).flatMap((type) =>
  (["create", "update", "delete"] as const).map((action): `${typeof type}.${typeof action}` => `${type}.${action}`),
);
const RECORDS = EVENTS.slice(-3);

const hook = z.strictObject({
  id: z.string().regex(/^[a-z][a-z0-9-]{0,30}$/, "1 to 31 lower-case letters, digits and dashes, a letter first"),
  url: z.string(),
  /** The parameter that holds its secret, `whsec_` and base64; several, separated by spaces, while one takes the place of another. Made by the plugin when absent. */
  secret: z.strictObject({ parameter: z.string().min(1) }).optional(),
  /** Events by resource and action; those of records when absent. */
  on: z.array(z.enum(EVENTS)).min(1).default(RECORDS),
  /** Ids, `*` in them standing for any characters; all when absent. */
  buckets: z.array(z.string()).optional(),
  collections: z.array(z.string()).optional(),
});

export const options = z
  .strictObject({
    /** The operator's own. */
    hooks: z
      .array(hook)
      .max(20)
      .refine((hooks) => new Set(hooks.map(({ id }) => id)).size === hooks.length, "Each hook has an id of its own.")
      .default([]),
    /** Whether collections may have hooks in their metadata. */
    ofCollections: z.boolean().default(true),
    /** Where listeners' items are sent, and which listeners' (`<plugin>-<listener>`): all when absent. */
    publish: z.strictObject({ url: z.string(), from: z.array(z.string()).optional() }).optional(),
    /** Whether hooks may be at private addresses, and without TLS: whoever may write a collection then reaches what the server reaches. */
    private: z.boolean().default(false),
  })
  .prefault({});

export type Options = z.output<typeof options>;

/** Hooks that one event may be sent to. */
export const mostHooks = ({ hooks, ofCollections }: Options): number => hooks.length + (ofCollections ? MOST_HOOKS : 0);

/** The events that anybody may want to hear of; with what ends a collection, where what is kept of its hooks ends too. */
export const heardBy = ({ hooks, ofCollections }: Options) => [
  ...new Set([
    ...hooks.flatMap(({ on }) => on),
    ...(ofCollections ? RECORDS : []),
    "collection.delete" as const,
    "collection.purge" as const,
  ]),
];
