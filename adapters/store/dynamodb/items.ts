import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import type { Provenance } from "../../../core/events/provenance.ts";
import type { Acl, Change, ListClock, Membership, ObjectHead, StoredObject } from "../../../core/ports/store.ts";
import type { Generation, ListRef, ObjectRef } from "../../../core/resources.ts";
import { groupMembers } from "../../../core/store/view.ts";

/** A DynamoDB item, or a key. */
export type Item = Record<string, AttributeValue>;

export const keyOf = ({ list, id }: ObjectRef): Item => ({ pk: { S: list.uri }, sk: { S: id } });
/** The key of a parent item: a copy of an object that has children. Its prefix keeps it out of the stream's filters. */
export const parentKey = ({ uri }: ObjectRef): Item => ({ pk: { S: `${PARENT_PREFIX}${uri}` }, sk: { S: "#" } });
const PARENT_PREFIX = "parent#";
export const isParent = (item: Item): boolean => text(item, "pk").startsWith(PARENT_PREFIX);
/** Returns the URI of the object that an item or parent item holds. */
export const uriOf = (item: Item): string =>
  isParent(item) ? text(item, "pk").slice(PARENT_PREFIX.length) : `${text(item, "pk")}/${text(item, "sk")}`;
export const clockKey = ({ uri }: ListRef): Item => ({ pk: { S: uri }, sk: { S: "#clock" } });
export const grantKey = (principal: string, { list, id }: ObjectRef): Item => ({
  pk: { S: `who#${principal}` },
  sk: { S: `${list.uri}#${id}` },
});
export const memberKey = (member: string, { uri }: ObjectRef): Item => ({
  pk: { S: `member#${member}` },
  sk: { S: uri },
});
export const claimKey = (key: string): Item => ({ pk: { S: `claim#${key}` }, sk: { S: "#" } });
export const secretKey = (name: string): Item => ({ pk: { S: `secret#${name}` }, sk: { S: "#" } });

/** The item that heartbeats write. */
export const HEARTBEAT_KEY: Item = { pk: { S: "heartbeat#" }, sk: { S: "#" } };
export const tokenKey = (token: string): Item => ({ pk: { S: `spent#${token}` }, sk: { S: "#" } });

/**
 * Returns the sort key of the index: a generation's objects by time and id, then its tombstones. Without an id, it is
 * the start of a millisecond.
 */
export const timeSortKey = (generation: Generation, kind: "object" | "tombstone", ms: number, id = ""): string =>
  [generation, kind === "object" ? "o" : "t", padTime(ms), id].join(".");

/** Returns the sort key of the index by revision. Without an id, it is the start of a revision. */
export const revisionSortKey = (generation: Generation, revision: number, id = ""): string =>
  [generation, padTime(revision), id].join(".");

const padTime = (ms: number): string => String(Math.min(ms, Number.MAX_SAFE_INTEGER)).padStart(16, "0");

/** Item and indexes share 400 KB, so this is the limit of all copies of the JSON plus the permissions. */
const MAX_PROJECTED_BYTES = 380 * 1024;

/**
 * Whether the JSON is too large for the index. It is then stored in another attribute, and pages need one more read for
 * it.
 */
const isLarge = (stored: StoredObject): boolean => {
  const copies = isOutOfOrder(stored) ? 3 : 2;
  return copies * Buffer.byteLength(stored.json) + Buffer.byteLength(JSON.stringify(stored.acl)) > MAX_PROJECTED_BYTES;
};

/** Whether an object's place in the order of revisions differs from that in the order of `last_modified`. */
const isOutOfOrder = ({ revision, last_modified }: StoredObject): boolean => revision !== last_modified;

export const toItem = (ref: ObjectRef, stored: StoredObject): Item => ({
  ...keyOf(ref),
  kind: { S: ref.resourceName },
  at: {
    S: timeSortKey(stored.parentGeneration, stored.deleted ? "tombstone" : "object", stored.last_modified, ref.id),
  },
  ...(isOutOfOrder(stored) && {
    seq: { S: revisionSortKey(stored.parentGeneration, stored.revision, ref.id) },
  }),
  ...toAttributes(stored),
  ...(stored.deleted && { gone: { BOOL: true } }),
  ...(stored.provenance !== undefined && { via: { S: JSON.stringify(stored.provenance) } }),
});

/** Whether an object has a parent item. It has one if it was created when its resource had children. */
export const hasParentItem = ({ ownGeneration }: StoredObject): boolean => ownGeneration !== undefined;

/** Returns a copy of an object for its own partition, without what only lists and events need. */
export const toParentItem = (ref: ObjectRef, stored: StoredObject): Item => ({
  ...parentKey(ref),
  ...toAttributes(stored),
});

const toAttributes = (stored: StoredObject): Item => ({
  ts: { N: String(stored.last_modified) },
  ...(isOutOfOrder(stored) && { rev: { N: String(stored.revision) } }),
  ...(isLarge(stored) ? { large: { S: stored.json } } : { json: { S: stored.json } }),
  by: { S: stored.changedBy },
  of: { S: stored.parentGeneration },
  ...(Object.keys(stored.acl).length > 0 && { acl: { S: JSON.stringify(stored.acl) } }),
  ...(stored.ownGeneration !== undefined && { own: { S: stored.ownGeneration } }),
});

export const fromItem = (item: Item): StoredObject => ({
  ...headFromItem(item),
  json: text(item, item.large === undefined ? "json" : "large"),
  ...(item.via?.S !== undefined && { provenance: JSON.parse(item.via.S) as Provenance }),
});

/** The attributes of {@link headFromItem}, with those of the key. */
export const HEAD_ATTRIBUTES = ["pk", "sk", "ts", "rev", "by", "of", "acl", "own", "gone"] as const;

export const headFromItem = (item: Item): ObjectHead => ({
  last_modified: number(item, "ts"),
  revision: number(item, item.rev === undefined ? "ts" : "rev"),
  deleted: item.gone?.BOOL === true,
  acl: item.acl?.S === undefined ? {} : (JSON.parse(item.acl.S) as Acl),
  changedBy: text(item, "by"),
  parentGeneration: text(item, "of"),
  ...(item.own?.S !== undefined && { ownGeneration: item.own.S }),
});

export const entryFromItem = (item: Item): IndexedEntry => ({
  id: text(item, "sk"),
  last_modified: number(item, "ts"),
  revision: number(item, item.rev === undefined ? "ts" : "rev"),
  json: item.json?.S,
});

/** A list entry in the index. `json` is absent when it is large. */
export interface IndexedEntry {
  readonly id: string;
  readonly last_modified: number;
  readonly revision: number;
  readonly json: string | undefined;
}

export const clockFromItem = (item: Item): ListClock => ({
  parentGeneration: text(item, "of"),
  timestamp: number(item, "last"),
  count: number(item, "n"),
  untouched: item.untouched?.BOOL === true,
});

export const membershipFromItem = (item: Item): Membership => ({
  group: text(item, "sk"),
  parentGeneration: text(item, "of"),
  unverified: item.unproven?.BOOL === true,
});

export const text = (item: Item, name: string): string => {
  const value = item[name]?.S;
  if (value === undefined)
    throw new TypeError(`The item ${item.pk?.S} ${item.sk?.S} has no string attribute '${name}'`);
  return value;
};

export const number = (item: Item, name: string): number => {
  const value = Number(item[name]?.N);
  if (Number.isNaN(value))
    throw new TypeError(`The item ${item.pk?.S} ${item.sk?.S} has no number attribute '${name}'`);
  return value;
};

/** The index items of an object: by principal for permissions, by member for groups. */
export interface IndexItems {
  readonly added: readonly Item[];
  /** Keys of removed items. */
  readonly removed: readonly Item[];
  /** The generation that the removed items have. */
  readonly removedGeneration: Generation;
}

/** Returns the index items that a change adds and removes. `before` may be an object of an ended generation. */
export const indexItemsOf = ({ ref, before, after }: Change): IndexItems => {
  const isSameGeneration = before?.parentGeneration === after.parentGeneration;
  const compare = (
    namesIn: (stored: StoredObject) => Iterable<string>,
    toKey: (name: string) => Item,
  ): { added: Item[]; removed: Item[] } => {
    const old = new Set(before === undefined ? [] : namesIn(before));
    const current = new Set(namesIn(after));
    return {
      added: [...current].filter((name) => !(isSameGeneration && old.has(name))).map(toKey),
      removed: [...old].filter((name) => !current.has(name)).map(toKey),
    };
  };
  const grants = compare(principalsOf, (principal) => grantKey(principal, ref));
  const members =
    ref.resourceName === "group"
      ? compare(groupMembers, (member) => memberKey(member, ref))
      : { added: [], removed: [] };
  const of = { S: after.parentGeneration };
  return {
    added: [...grants.added, ...members.added].map((key) => ({ ...key, of })),
    removed: [...grants.removed, ...members.removed],
    removedGeneration: before?.parentGeneration ?? after.parentGeneration,
  };
};

/**
 * Returns index items as they are written outside of their transaction, before it. As it may fail, memberships are
 * marked as unverified. Items that will be removed are marked with the preparation's id: they are deleted after the
 * transaction, unless another writer has added them again.
 */
export const toPreparedItems = ({ added, removed, removedGeneration }: IndexItems, id: string): Item[] => [
  ...added.map(markMembership),
  ...removed.map((key) => markMembership({ ...key, of: { S: removedGeneration }, removing: { S: id } })),
];

const markMembership = (item: Item): Item =>
  item.pk?.S?.startsWith("member#") ? { ...item, unproven: { BOOL: true } } : item;

/** Returns all principals in an object's permissions. */
export const principalsOf = ({ acl }: StoredObject): string[] => Object.values(acl).flat();
