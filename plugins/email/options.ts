import { mailServerOptions, parseMailAddress } from "@kintoun/kit";
import * as z from "zod";

/** The events that hooks can match, `<resource>.<action>`. */
export const EVENTS = (["bucket", "collection", "group", "record"] as const).flatMap((type) =>
  (["create", "update", "delete"] as const).map((action): `${typeof type}.${typeof action}` => `${type}.${action}`),
);

/** An id, or a template that makes one. */
const ID = "(?:[\\w-]|\\{[\\w.]{1,100}\\})+";
const GROUP_TEMPLATE = new RegExp(`^/buckets/${ID}/groups/${ID}$`);

/**
 * Whether the text is a group's URI. Its ids may contain templates, for example
 * `/buckets/{bucket_id}/groups/{collection_id}-editors`.
 */
export const isGroupTemplate = (text: string): boolean => text.length <= 300 && GROUP_TEMPLATE.test(text);

/** Whether the text is a valid group URI without templates. */
export const isGroupUri = (text: string): boolean =>
  /^\/buckets\/[a-zA-Z\d][\w-]{0,254}\/groups\/[a-zA-Z\d][\w-]{0,254}$/.test(text);

/** Replaces each id that contains a template with `*`. */
export const groupPattern = (group: string): string =>
  group
    .split("/")
    .map((part) => (part.includes("{") ? "*" : part))
    .join("/");

const address = z
  .string()
  .refine(
    (text) => parseMailAddress(text) !== undefined,
    "must be one mail address, such as ada@example.org or Ada Lovelace <ada@example.org>",
  );

/** An address, a group's URI, or a template that makes an address. At most 300 characters. */
const recipient = z
  .string()
  .max(300)
  .refine(
    (text) =>
      isGroupTemplate(text) || (text.includes("{") ? !/[\p{Cc},;]/u.test(text) : parseMailAddress(text) !== undefined),
    "must be one mail address, such as ada@example.org, a group, such as /buckets/blog/groups/editors, or a template, such as {new.email}",
  );
const recipients = z.array(recipient).max(50);

/** Template of one line. At most 500 characters. */
const subject = z.string().max(500);
/** Template of several lines. At most 100,000 characters. */
const body = z.string().max(100_000);

const digest = z.strictObject({
  /** Minutes from the first change to the mail: 1 to 10,080 (a week). */
  minutes: z
    .int()
    .min(1)
    .max(7 * 24 * 60),
  /** Template with `{count}`, `{since}`, `{until}` and `{hook}`. Default: `{count} changes`. */
  subject: subject.default("{count} changes"),
  /** Template of the line for each change. Default: `{action} {uri} by {user_id}`. */
  entry: subject.default("{action} {uri} by {user_id}"),
  /** Template. `{entries}` stands for the lines. Default: `{entries}`. */
  text: body.default("{entries}"),
  /** HTML template. `{entries}` stands for a list of the lines. Default: no HTML part. */
  html: body.optional(),
});

const hook = z.strictObject({
  /** Name in the log and in digests. Default: `hook-1` for the first hook, `hook-2` for the second. */
  id: z
    .string()
    .regex(/^[a-z][a-z0-9-]{0,30}$/, "must have 1 to 31 lowercase letters, digits and dashes, and begin with a letter")
    .optional(),
  /** Events, `<resource>.<action>`. Default: `["record.create"]`. */
  on: z.array(z.enum(EVENTS)).min(1).default(["record.create"]),
  /** Bucket ids; `*` in an id matches any characters. Default: all buckets. */
  buckets: z.array(z.string()).optional(),
  /** Collection ids, likewise. Default: all collections. */
  collections: z.array(z.string()).optional(),
  /** Filter pattern that the event must match. Default: every event matches. */
  where: z.record(z.string(), z.unknown()).optional(),
  /** Addresses, groups or templates: 1 to 50. */
  recipients: recipients.min(1),
  /** Recipients of a copy: at most 50. Default: none. */
  cc: recipients.default([]),
  /** Recipients of a hidden copy: at most 50. Default: none. */
  bcc: recipients.default([]),
  /** Addresses for replies: at most 50. Default: none. */
  replyTo: recipients.default([]),
  /** Template. Default: `{resource_name} {action}d`. */
  subject: subject.default("{resource_name} {action}d"),
  /** Template. Default: `User id: {user_id}`. */
  text: body.default("User id: {user_id}"),
  /** HTML template; values are escaped. Default: no HTML part. */
  html: body.optional(),
  /** Collects changes into one mail. Default: one mail per change. */
  digest: digest.optional(),
});

// Named one by one, because a bundle would otherwise contain all of zod.
const server = mailServerOptions({ enum: z.enum, int: z.int, strictObject: z.strictObject, string: z.string });

/** Limits of the hooks in metadata. `*` matches any characters. */
const limits = z.strictObject({
  /** Ids of the buckets that may have hooks, in their own metadata and their collections'. Default: all buckets. */
  buckets: z.array(z.string()).min(1).optional(),
  /** Mail domains that hooks may send to. Default: all domains. */
  domains: z.array(z.string().toLowerCase()).min(1).optional(),
  /** Maximum number of recipients per bucket and hour. Default: 1000. */
  recipientsPerHour: z.int().min(1).default(1000),
});
/** Limits of the hooks in collections' and buckets' metadata. */
export type HookLimits = z.output<typeof limits>;

const { id: _, recipients: topRecipients, ...topHook } = hook.shape;

export const options = z
  .strictObject({
    /** The sender: one address, with or without a name. */
    from: address,
    /** SES or a mail server. Default: `ses`. */
    via: z.union([z.literal("ses"), server]).default("ses"),
    /** The fields of one hook may stand here. Default: no such hook. */
    recipients: topRecipients.optional(),
    ...topHook,
    /** Further hooks: at most 20. Default: none. */
    hooks: z.array(hook).max(20).default([]),
    /** Whether collections and buckets may have kinto-emailer hooks in their metadata. Default: `false`. */
    collectionHooks: z
      .union([z.boolean(), limits])
      .default(false)
      .transform((value) => (value === false ? undefined : value === true ? limits.parse({}) : value)),
    /** Value of `{root_url}`, for example `https://example.org/v1/`. Default: empty. */
    rootUrl: z.string().default(""),
    /** Values of `{settings[name]}` by name. Default: none. */
    settings: z.record(z.string(), z.string()).default({}),
  })
  .refine(
    ({ recipients, hooks, collectionHooks }) =>
      recipients !== undefined || hooks.length > 0 || collectionHooks !== undefined,
    {
      path: ["recipients"],
      message: "is missing. Set recipients, hooks or collectionHooks",
    },
  )
  .refine(({ hooks }) => new Set(withIds(hooks).map(({ id }) => id)).size === hooks.length, {
    path: ["hooks"],
    message: "must not have two hooks with the same id",
  })
  .transform(({ from, via, hooks, collectionHooks, rootUrl, settings, recipients, ...fields }) => ({
    ...{ from, via, collectionHooks, rootUrl, settings },
    hooks: [...(recipients === undefined ? [] : [{ ...fields, recipients, id: "options" }]), ...withIds(hooks)],
  }));

const withIds = (hooks: readonly z.output<typeof hook>[]) =>
  hooks.map((one, index) => ({ ...one, id: one.id ?? `hook-${index + 1}` }));

export type Options = z.output<typeof options>;
/** A hook from the plugin's options. */
export type OwnHook = Options["hooks"][number];
export type Digest = z.output<typeof digest>;

/** A hook from the options or from metadata. */
export interface Hook {
  /** Name in the log; part of the ids of its mails. */
  readonly id: string;
  readonly recipients: readonly string[];
  readonly cc: readonly string[];
  readonly bcc: readonly string[];
  readonly replyTo: readonly string[];
  readonly subject: string;
  readonly text: string;
  readonly html?: string | undefined;
  readonly digest?: Digest | undefined;
  /** Limits of a hook from metadata. Hooks from the options have none. */
  readonly limits?: HookLimits;
}
