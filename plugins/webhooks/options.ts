import * as z from "zod";
import { type Hook, OPTIONS_OWNER } from "./hooks.ts";
import { isMessageId } from "./messages.ts";

/** The events that hooks can match, `<resource>.<action>`. */
const EVENTS = (["bucket", "collection", "group", "record"] as const).flatMap((type) =>
  (["create", "update", "delete"] as const).map((action): `${typeof type}.${typeof action}` => `${type}.${action}`),
);
const RECORD_EVENTS = EVENTS.slice(-3);

const hook = z.strictObject({
  id: z
    .string()
    .regex(/^[a-z][a-z0-9-]{0,30}$/, "must have 1 to 31 lowercase letters, digits and dashes, and begin with a letter"),
  url: z.string(),
  /**
   * SSM parameter with the secret: `whsec_` and base64. During a rotation several secrets, separated by spaces.
   * Default: a secret that the plugin generates.
   */
  secret: z.strictObject({ parameter: z.string().min(1) }).optional(),
  /** Events, `<resource>.<action>`. Default: those of records. */
  on: z.array(z.enum(EVENTS)).min(1).default(RECORD_EVENTS),
  /** Bucket ids; `*` in an id matches any characters. Default: all buckets. */
  buckets: z.array(z.string()).optional(),
  /** Collection ids; `*` as in bucket ids. Default: all collections. */
  collections: z.array(z.string()).optional(),
});

export const options = z
  .strictObject({
    /** Hooks of the operator: at most 20. Default: none. */
    hooks: z
      .array(hook)
      .max(20)
      .refine(
        (hooks) => new Set(hooks.map(({ id }) => id)).size === hooks.length,
        "must not have two hooks with the same id",
      )
      .default([]),
    /** Whether collections may have hooks in their metadata. Default: `true`. */
    collectionHooks: z.boolean().default(true),
    /**
     * The URL to which published items are sent, and the listeners (`<plugin>-<listener>`) whose items are sent. Default: no
     * URL, and all listeners.
     */
    publish: z.strictObject({ url: z.string(), from: z.array(z.string()).optional() }).optional(),
    /**
     * Whether hooks may use private addresses and plain HTTP. If so, everyone who can write a collection can send
     * requests to the server's network. Default: `false`.
     */
    private: z.boolean().default(false),
    /** Seconds to wait for a response, 1 to 30. Default: 15. */
    timeoutSeconds: z.number().min(1).max(30).default(15),
    /** Days for which a message is retried, more than 0 to 12. A queue keeps messages for 14 days. Default: 3. */
    retryDays: z.number().positive().max(12).default(3),
  })
  .prefault({});

export type Options = z.output<typeof options>;

/** The events that at least one hook can match, and the ends of collections, when stored hook states are deleted. */
export const subscribedEvents = ({ hooks, collectionHooks }: Options) => [
  ...new Set([
    ...hooks.flatMap(({ on }) => on),
    ...(collectionHooks ? RECORD_EVENTS : []),
    "collection.delete" as const,
    "collection.purge" as const,
  ]),
];

/** The id of the hook for published items. Ids in the options are lowercase, so no other hook has it. */
const PUBLISH_ID = "PUBLISH";

/** The hook for published items, if the options have one. */
export const getPublishHook = ({ publish }: Options): Hook | undefined =>
  publish && { owner: OPTIONS_OWNER, id: PUBLISH_ID, url: publish.url };

/** The hooks from the options. */
export const listOwnHooks = (options: Options): readonly Hook[] => {
  const publishHook = getPublishHook(options);
  return [
    ...options.hooks.map(({ id, url }) => ({ owner: OPTIONS_OWNER, id, url })),
    ...(publishHook === undefined ? [] : [publishHook]),
  ];
};

/** A hook from the options. @param id `publish` is the hook for published items, unless another hook has that id */
export const findOwnHook = (options: Options, id: string): Hook => {
  const hook =
    options.hooks.find((one) => one.id === id) ??
    (id === "publish" ? options.publish && { ...options.publish, id: PUBLISH_ID } : undefined);
  if (hook !== undefined) return { owner: OPTIONS_OWNER, id: hook.id, url: hook.url };
  throw new Error(
    `The options have no webhook '${id}'. Use one of: ${options.hooks.map((one) => one.id).join(", ") || "none"}.`,
  );
};

const hookId = z.string().describe("the id of the webhook");
const deliveryId = z.string().refine(isMessageId, "must be the id of a delivery").describe("the id of the delivery");

/** Inputs of routes, actions and commands. */
export const pageInput = z.object({
  query: z.object({ limit: z.int().min(1).max(100).default(30), before: deliveryId.optional() }),
});
export const hookInput = z.strictObject({ hook: hookId });
export const deliveryInput = z.strictObject({ hook: hookId, delivery: deliveryId });
export const rotationInput = z.strictObject({
  hook: hookId,
  hours: z.number().min(0).max(168).default(24).describe("hours for which messages are signed with the old secret too"),
});
export const latestInput = z.strictObject({ hook: hookId, limit: z.int().min(1).max(1000).default(30) });
