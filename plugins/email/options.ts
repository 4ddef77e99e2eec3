import { parseMailAddress } from "@kintoun/kit";
import * as z from "zod";
import { isGroup } from "./group.ts";

/** Of changes to objects, by type and action. */
export const EVENTS = (["bucket", "collection", "group", "record"] as const).flatMap((type) =>
  (["create", "update", "delete"] as const).map((action): `${typeof type}.${typeof action}` => `${type}.${action}`),
);

const address = z
  .string()
  .refine(
    (text) => parseMailAddress(text) !== undefined,
    "It is not one address, such as ada@example.org or Ada Lovelace <ada@example.org>",
  );

/** An address, a group's URI, or what the event's values make one of them. */
const recipient = z
  .string()
  .max(300)
  .refine(
    (text) => isGroup(text) || (text.includes("{") ? !/[\p{Cc},;]/u.test(text) : parseMailAddress(text) !== undefined),
    "It is neither one address, such as ada@example.org, nor a group, such as /buckets/blog/groups/editors, nor a template such as {new.email}",
  );
const recipients = z.array(recipient).max(50);

/** `{…}` in them takes a value of the event, such as `{resource_name}`, `{user_id}` or `{new.title}`. */
const subject = z.string().max(500);
const body = z.string().max(100_000);

const digest = z.strictObject({
  minutes: z
    .int()
    .min(1)
    .max(7 * 24 * 60),
  subject: subject.default("{count} changes"),
  /** The line for each change. */
  entry: subject.default("{action} {uri} by {user_id}"),
  text: body.default("{entries}"),
  html: body.optional(),
});

const hook = z.strictObject({
  /** What the log tells of it; `hook-1` for the first when absent. */
  id: z
    .string()
    .regex(/^[a-z][a-z0-9-]{0,30}$/, "1 to 31 lower-case letters, digits and dashes, a letter first")
    .optional(),
  on: z.array(z.enum(EVENTS)).min(1).default(["record.create"]),
  /** Ids, `*` in them standing for any characters; all when absent. */
  buckets: z.array(z.string()).optional(),
  collections: z.array(z.string()).optional(),
  /** What else must hold of the event, in the language of Lambda's event filters. */
  where: z.record(z.string(), z.unknown()).optional(),
  recipients: recipients.min(1),
  cc: recipients.default([]),
  bcc: recipients.default([]),
  replyTo: recipients.default([]),
  subject: subject.default("{resource_name} {action}d"),
  text: body.default("User id: {user_id}"),
  html: body.optional(),
  /** One mail in so many minutes, instead of one for each change. */
  digest: digest.optional(),
});

const server = z
  .strictObject({
    host: z.string().min(1),
    port: z.int().min(1).max(65_535).default(587),
    security: z.enum(["tls", "starttls", "none"]).default("starttls"),
    username: z.string().min(1).optional(),
    /** In SSM's Parameter Store; on a laptop the variable KINTOUN_PLUGIN_EMAIL_SMTP_PASSWORD. */
    password: z
      .strictObject({
        parameter: z
          .string()
          .regex(
            /^\/?[\w.-]+(\/[\w.-]+)*$/,
            "Letters, digits, '.', '-' and '_' name a parameter, and '/' between them",
          ),
      })
      .optional(),
    ca: z.string().startsWith("-----BEGIN CERTIFICATE-----").optional(),
  })
  .refine(
    ({ username, password }) => (username === undefined) === (password === undefined),
    "A username goes with a password",
  )
  .refine(
    ({ username, security }) => username === undefined || security !== "none",
    "A password is not sent unencrypted: security must be tls or starttls",
  );

/** How far collections' hooks go, `*` standing for any characters. */
const bounds = z.strictObject({
  /** Ids of the buckets that may have hooks, they and their collections; all when absent. */
  buckets: z.array(z.string()).min(1).optional(),
  /** Domains they may mail; all when absent. */
  domains: z.array(z.string().toLowerCase()).min(1).optional(),
  /** Recipients that the hooks of one bucket may have mailed within an hour. */
  perHour: z.int().min(1).default(1000),
});
export type Bounds = z.output<typeof bounds>;

const { id: _, recipients: top, ...alone } = hook.shape;

export const options = z
  .strictObject({
    from: address,
    via: z.union([z.literal("ses"), server]).default("ses"),
    /** One hook may stand here by itself. */
    recipients: top.optional(),
    ...alone,
    hooks: z.array(hook).max(20).default([]),
    /** Whether collections and buckets may have hooks in their metadata, as kinto-emailer reads them. */
    ofCollections: z
      .union([z.boolean(), bounds])
      .default(false)
      .transform((given) => (given === false ? undefined : given === true ? bounds.parse({}) : given)),
    /** What `{root_url}` is, such as `https://example.org/v1/`. */
    rootUrl: z.string().default(""),
    /** What `{settings[name]}` is, by name. */
    settings: z.record(z.string(), z.string()).default({}),
  })
  .refine(
    ({ recipients, hooks, ofCollections }) =>
      recipients !== undefined || hooks.length > 0 || ofCollections !== undefined,
    {
      path: ["recipients"],
      message: "Nobody would get a mail: give recipients, hooks or ofCollections",
    },
  )
  .refine(({ hooks }) => new Set(named(hooks).map(({ id }) => id)).size === hooks.length, {
    path: ["hooks"],
    message: "Each hook has an id of its own",
  })
  .transform(({ from, via, hooks, ofCollections, rootUrl, settings, recipients, ...words }) => ({
    ...{ from, via, ofCollections, rootUrl, settings },
    hooks: [...(recipients === undefined ? [] : [{ ...words, recipients, id: "options" }]), ...named(hooks)],
  }));

const named = (hooks: readonly z.output<typeof hook>[]) =>
  hooks.map((one, place) => ({ ...one, id: one.id ?? `hook-${place + 1}` }));

export type Options = z.output<typeof options>;
/** A hook of the operator's. */
export type OwnHook = Options["hooks"][number];
export type Digest = z.output<typeof digest>;
