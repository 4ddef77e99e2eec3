import type { Json } from "../../lib/json.ts";
import { ancestors, type Generation, type ObjectRef, RESOURCES } from "../resources.ts";
import type { Session } from "../store/session.ts";
import { parseData } from "../store/view.ts";

/** A user id such as `basicauth:1f2e…`, or `null` for an anonymous user. */
export type UserId = string | null;

export const EVERYONE = "system.Everyone";
export const AUTHENTICATED = "system.Authenticated";

/** The prefix of plugins' user ids. Users of requests never have it. */
export const PLUGIN_PREFIX = "plugin";

/** Returns a plugin's user id. */
export const pluginUserId = (name: string): string => `${PLUGIN_PREFIX}:${name}`;

export const isPlugin = (user: UserId): boolean => user?.startsWith(`${PLUGIN_PREFIX}:`) === true;

/** Returns a user's principals without groups. A plugin has only its own. */
export const plainPrincipals = (user: UserId): readonly string[] => {
  if (user === null) return [EVERYONE];
  return isPlugin(user) ? [user] : [user, EVERYONE, AUTHENTICATED];
};

/** Limited because principals are part of table keys (DynamoDB allows 2,048 bytes per partition key). */
const MAX_PRINCIPAL_BYTES = 1500;

/** Returns why a value is not a valid principal, or `undefined`. */
export const findPrincipalIssue = (value: Json): string | undefined => {
  if (value === null || value === "" || (typeof value === "object" && Object.keys(value).length === 0))
    return "Required";
  if (typeof value !== "string") return `${JSON.stringify(value).slice(0, 100)} is not a string`;
  if (!value.isWellFormed()) return "The principal is not well-formed Unicode";
  return Buffer.byteLength(value) > MAX_PRINCIPAL_BYTES
    ? `The principal is longer than ${MAX_PRINCIPAL_BYTES} bytes`
    : undefined;
};

/** Returns the id that a user's changes are stored with. */
export const authorId = (user: UserId): string => user ?? EVERYONE;

/**
 * Returns the URIs of a member's groups, or only those in `named()`. A group counts if it exists in its bucket's
 * current generation. Reads groups whose bucket is not in the view and unverified memberships in one more round.
 */
export const findGroups = async (
  session: Session,
  member: string,
  named: () => ReadonlySet<string> | undefined,
): Promise<readonly string[]> => {
  const view = await session.read({ objects: [], clocks: [], members: [member] });
  const memberships = view.memberships(member);
  if (memberships.length === 0) return [];
  const namedGroups = named();
  const groups: string[] = [];
  const toVerify: { ref: ObjectRef; parentGeneration: Generation }[] = [];
  for (const { group, parentGeneration, unverified } of memberships) {
    const ref = RESOURCES.parseUri(group);
    if (ref === undefined || namedGroups?.has(group) === false) continue;
    const current = view.parentGeneration(ref.list);
    if (current === parentGeneration && !unverified) groups.push(group);
    else if (current === undefined || unverified) toVerify.push({ ref, parentGeneration });
  }
  if (toVerify.length > 0) {
    await session.read({ objects: toVerify.flatMap(({ ref }) => [ref, ...ancestors(ref)]), clocks: [] });
    for (const { ref, parentGeneration } of toVerify) {
      const group = view.object(ref);
      const members = group?.parentGeneration === parentGeneration ? parseData(group).members : undefined;
      if (Array.isArray(members) && members.includes(member)) groups.push(ref.uri);
    }
  }
  return groups;
};
