import type { Json } from "../../lib/json.ts";

/** Who asks: a user id such as `basicauth:1f2e…`, or nobody in particular. */
export type UserId = string | null;

export const EVERYONE = "system.Everyone";
export const AUTHENTICATED = "system.Authenticated";

/** What plugins' ids begin with; no request's do. */
export const PLUGIN_PREFIX = "plugin";

/** Who a plugin is to the store. */
export const pluginUserId = (name: string): string => `${PLUGIN_PREFIX}:${name}`;

export const isPlugin = (user: UserId): boolean => user?.startsWith(`${PLUGIN_PREFIX}:`) === true;

/** The names a user goes by before any group is looked up; a plugin gets in by its own alone. */
export const plainPrincipals = (user: UserId): readonly string[] => {
  if (user === null) return [EVERYONE];
  return isPlugin(user) ? [user] : [user, EVERYONE, AUTHENTICATED];
};

/** Bytes; a principal is part of a key of the table (DynamoDB: 2,048 bytes for a partition key). */
const LONGEST_PRINCIPAL = 1500;

/** What keeps a value from being a principal's name; `undefined` when nothing does. */
export const findPrincipalIssue = (value: Json): string | undefined => {
  if (value === null || value === "" || (typeof value === "object" && Object.keys(value).length === 0))
    return "Required";
  if (typeof value !== "string") return `${JSON.stringify(value).slice(0, 100)} is not a string`;
  if (!value.isWellFormed()) return "A principal is well-formed Unicode";
  return Buffer.byteLength(value) > LONGEST_PRINCIPAL
    ? `A principal has ${LONGEST_PRINCIPAL} bytes at most`
    : undefined;
};

/** How changes are signed. */
export const authorId = (user: UserId): string => user ?? EVERYONE;
