import type { Json } from "../../lib/json.ts";
import { truncateText } from "../../lib/util/truncate-text.ts";
import type { Membership } from "../ports/store.ts";
import { ancestors, RESOURCES } from "../resources.ts";
import type { Session } from "../store/session.ts";
import { groupMembers } from "../store/view.ts";

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

/** Maximum number of principals in an object's permissions, each counted once per permission. */
export const MAX_PRINCIPALS_PER_OBJECT = 1000;
/** Maximum number of members of a group. */
export const MAX_GROUP_MEMBERS = 5000;

/** Returns why a value is not a valid principal, or `undefined`. */
export const findPrincipalIssue = (value: Json): string | undefined => {
  if (value === null || value === "" || (typeof value === "object" && Object.keys(value).length === 0))
    return "Required";
  if (typeof value !== "string") return `${truncateText(JSON.stringify(value), 100)} is not a string`;
  if (!value.isWellFormed()) return "The principal is not well-formed Unicode";
  return Buffer.byteLength(value) > MAX_PRINCIPAL_BYTES
    ? `The principal is longer than ${MAX_PRINCIPAL_BYTES} bytes`
    : undefined;
};

/** Returns the id that a user's changes are stored with. */
export const authorId = (user: UserId): string => user ?? EVERYONE;

/** Maximum size of the objects that are read to check memberships, in bytes. */
const MAX_MEMBERSHIP_BYTES = 16_000_000;
/** Memberships checked at a time. An unverified one needs the whole group, of up to 400 KB. */
const MEMBERSHIPS_PER_CHECK = 25;

/** Returns those of a member's groups that are named. */
export const findNamedGroups = async (
  session: Session,
  member: string,
  named: readonly string[],
): Promise<readonly string[]> => {
  const groups = new Set(named.filter(isGroup));
  return (await checkMemberships(session, member, await session.findMemberships(member, groups))).groups;
};

/** Whether a user has a principal, such as its own id or the URI of one of its groups. */
export const hasPrincipal = async (session: Session, user: UserId, principal: string): Promise<boolean> => {
  if (plainPrincipals(user).includes(principal)) return true;
  if (user === null || isPlugin(user) || !isGroup(principal)) return false;
  for (const member of [user, AUTHENTICATED])
    if ((await findNamedGroups(session, member, [principal])).length > 0) return true;
  return false;
};

/** Whether a principal is a group's URI. */
export const isGroup = (principal: string): boolean => principal.startsWith("/buckets/");

export interface PrincipalPage {
  readonly principals: readonly string[];
  /** The last group of the page, if there are more. */
  readonly next?: string;
}

/**
 * Returns a part of a user's principals. Anyone can add a user to groups, so their number is unlimited: the first page
 * has the principals without groups and several hundred groups.
 * @param after the last group of the previous page
 */
export const readPrincipals = async (session: Session, user: UserId, after?: string): Promise<PrincipalPage> => {
  const plain = after === undefined ? plainPrincipals(user) : [];
  if (user === null || isPlugin(user)) return { principals: plain };
  const pages = await Promise.all(
    [user, AUTHENTICATED].map(async (member) => ({ member, ...(await session.readMemberships(member, after)) })),
  );
  // Groups behind the end of an incomplete page are left to the next page: unread ones may come before them.
  let [end] = pages.flatMap(({ next }) => next ?? []).sort();
  const groups = new Set<string>();
  for (const { member, groups: memberships } of pages) {
    const inPage = memberships.filter(({ group }) => end === undefined || group <= end);
    const checked = await checkMemberships(session, member, inPage);
    for (const group of checked.groups) groups.add(group);
    end = checked.end ?? end;
  }
  const principals = [...plain, ...[...groups].filter((group) => end === undefined || group <= end).sort()];
  return { principals, ...(end !== undefined && { next: end }) };
};

/**
 * Returns the groups of which a user is a member: those that exist in their bucket's current generation. Reads buckets
 * that are not in the view, and groups of unverified memberships. `end` is the last group that was checked, if there
 * was too much to read.
 */
const checkMemberships = async (
  session: Session,
  member: string,
  memberships: readonly Membership[],
): Promise<{ groups: readonly string[]; end?: string }> => {
  const { view } = session;
  const sorted = memberships.toSorted((a, b) => (a.group < b.group ? -1 : 1));
  const groups: string[] = [];
  let bytes = 0;
  for (let i = 0; i < sorted.length; i += MEMBERSHIPS_PER_CHECK) {
    const end = sorted[i - 1]?.group;
    if (bytes > MAX_MEMBERSHIP_BYTES && end !== undefined) return { groups, end };
    const part = sorted.slice(i, i + MEMBERSHIPS_PER_CHECK).flatMap(({ group, ...membership }) => {
      const ref = RESOURCES.parseUri(group);
      return ref === undefined ? [] : [{ ref, ...membership }];
    });
    const unknown = part.filter(({ ref }) => view.parentGeneration(ref.list) === undefined);
    bytes += await session.readHeads({ objects: [], parents: unknown.flatMap(({ ref }) => ancestors(ref)) });
    const current = part.filter(({ ref, parentGeneration }) => view.parentGeneration(ref.list) === parentGeneration);
    const unverified = current.flatMap((membership) => (membership.unverified ? [membership.ref] : []));
    const read = unverified.length === 0 ? [] : (await session.readOnce(unverified)).objects;
    const verified = new Set(read.flatMap(([{ uri }, group]) => (groupMembers(group).includes(member) ? [uri] : [])));
    for (const [, { json }] of read) bytes += json.length;
    for (const membership of current)
      if (!membership.unverified || verified.has(membership.ref.uri)) groups.push(membership.ref.uri);
  }
  return { groups };
};
