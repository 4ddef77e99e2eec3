import * as z from "zod";

const DAY_SECONDS = 86_400;
const MAX_DAYS = 3650;
/** Largest scope as JSON, in bytes: the tokens of a user share an item of 300 KB. */
const MAX_SCOPE_BYTES = 2000;
const MAX_NAME_CHARS = 100;

export const options = z
  .strictObject({
    /** How long a token is valid if its owner does not say, in days. */
    days: z.int().min(1).max(MAX_DAYS).default(90),
    /** How long a token may be valid, in days. */
    maxDays: z.int().min(1).max(MAX_DAYS).default(366),
    /** How many tokens a user may have at a time. */
    maxTokens: z.int().min(1).max(100).default(100),
    /** Principals that may list and revoke the tokens of all users. */
    administrators: z.array(z.string().min(1)).max(100).default([]),
  })
  .refine(({ days, maxDays }) => days <= maxDays, {
    path: ["days"],
    error: "is more than maxDays. Lower it, or raise maxDays.",
  })
  .prefault({});

export type Options = z.output<typeof options>;

const permission = z.string().regex(/^(?:read|write|execute|(?!account:)[a-z][a-z0-9_]{0,63}:create)$/, {
  error: 'Use read, write, execute, or a permission to create, such as "record:create".',
});
const uri = z.string().regex(/^(?:\/|(?:\/[a-z][a-z0-9_-]*\/(?:\*|[a-zA-Z0-9][a-zA-Z0-9_-]*))+)$/, {
  error: "Use the URI of an object without /v1, such as /buckets/blog or /buckets/blog/collections/*.",
});

/** A token that changes the password of its user would be worth as much as the password. */
const isOfAccounts = (text: string): boolean => text.startsWith("/accounts/");

/** Permissions by URI. Those that the store does not have allow nothing. */
const scope = z
  .record(
    permission,
    z.array(uri.refine((text) => !isOfAccounts(text), { error: "Tokens cannot change accounts." })).min(1),
  )
  .refine(
    (permissions) =>
      Object.entries(permissions).every(([name, uris]) => name.endsWith(":create") || !uris.includes("/")),
    { error: 'Nothing has the URI "/" except for permissions to create. Use URIs of objects, such as /buckets/*.' },
  )
  .refine((permissions) => Object.keys(permissions).length > 0, {
    error: 'Allow something, for example { "read": ["/buckets/blog"] }.',
  })
  .refine((permissions) => Buffer.byteLength(JSON.stringify(permissions)) <= MAX_SCOPE_BYTES, {
    error: `The scope has more than ${MAX_SCOPE_BYTES} bytes of JSON. Use fewer URIs, or * for any id.`,
  });

/** The body of a request that creates a token. */
export const tokenBody = z.strictObject({
  data: z.strictObject({
    name: z.string().min(1).max(MAX_NAME_CHARS),
    scope,
    /** Seconds. */
    expires_in: z
      .int()
      .min(1)
      .max(MAX_DAYS * DAY_SECONDS)
      .optional(),
  }),
});

export type TokenDraft = z.output<typeof tokenBody>["data"];

export const toSeconds = (days: number): number => days * DAY_SECONDS;
