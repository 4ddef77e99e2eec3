import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import type { Provenance } from "../../../core/events/provenance.ts";
import type { Acl, Change, ListClock, Membership, StoredObject } from "../../../core/ports/store.ts";
import type { Generation, ListRef, ObjectRef } from "../../../core/resources.ts";
import { groupMembers } from "../../../core/store/view.ts";

export type Item = Record<string, AttributeValue>;

export const keyOf = ({ list, id }: ObjectRef): Item => ({ pk: { S: list.uri }, sk: { S: id } });
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

export const tokenKey = (token: string): Item => ({ pk: { S: `spent#${token}` }, sk: { S: "#" } });

/** Sorts within a list: a life's objects by time and id, then its tombstones by time and id. Without an id: where that millisecond begins. */
export const timeSortKey = (of: Generation, kind: "object" | "tombstone", ms: number, id = ""): string =>
  `${of}.${kind === "object" ? "o" : "t"}.${String(Math.min(ms, Number.MAX_SAFE_INTEGER)).padStart(16, "0")}.${id}`;

/**
 * Bytes that an object's JSON may have to stand in the index too, beside its item: both share 400 KB with the permissions. Larger
 * JSON stands in an attribute that the index does not project, and costs a page that holds it one more read.
 */
const isLarge = ({ json, acl }: StoredObject): boolean =>
  2 * Buffer.byteLength(json) + Buffer.byteLength(JSON.stringify(acl)) > 380 * 1024;

export const toItem = (ref: ObjectRef, stored: StoredObject): Item => ({
  ...keyOf(ref),
  at: {
    S: timeSortKey(stored.parentGeneration, stored.deleted ? "tombstone" : "object", stored.last_modified, ref.id),
  },
  ts: { N: String(stored.last_modified) },
  ...(stored.revision !== stored.last_modified && { rev: { N: String(stored.revision) } }),
  ...(isLarge(stored) ? { large: { S: stored.json } } : { json: { S: stored.json } }),
  by: { S: stored.changedBy },
  of: { S: stored.parentGeneration },
  ...(Object.keys(stored.acl).length > 0 && { acl: { S: JSON.stringify(stored.acl) } }),
  ...(stored.ownGeneration !== undefined && { own: { S: stored.ownGeneration } }),
  ...(stored.deleted && { gone: { BOOL: true } }),
  ...(stored.provenance !== undefined && { via: { S: JSON.stringify(stored.provenance) } }),
});

export const fromItem = (item: Item): StoredObject => ({
  json: text(item, item.large === undefined ? "json" : "large"),
  last_modified: number(item, "ts"),
  revision: number(item, item.rev === undefined ? "ts" : "rev"),
  deleted: item.gone?.BOOL === true,
  acl: item.acl?.S === undefined ? {} : (JSON.parse(item.acl.S) as Acl),
  changedBy: text(item, "by"),
  parentGeneration: text(item, "of"),
  ...(item.own?.S !== undefined && { ownGeneration: item.own.S }),
  ...(item.via?.S !== undefined && { provenance: JSON.parse(item.via.S) as Provenance }),
});

/** An entry of a list as the index holds it; without its JSON where that is large. */
export const entryFromItem = (item: Item): IndexedEntry => ({
  id: text(item, "sk"),
  last_modified: number(item, "ts"),
  json: item.json?.S,
});

export interface IndexedEntry {
  readonly id: string;
  readonly last_modified: number;
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
  if (value === undefined) throw new TypeError(`The item ${item.pk?.S} ${item.sk?.S} has no text in '${name}'`);
  return value;
};

const number = (item: Item, name: string): number => {
  const value = Number(item[name]?.N);
  if (Number.isNaN(value)) throw new TypeError(`The item ${item.pk?.S} ${item.sk?.S} has no number in '${name}'`);
  return value;
};

/** The rows beside an object that lead to it from a person: what was shared with whom, who is in a group. */
export interface IndexItems {
  readonly added: readonly Item[];
  /** Keys. */
  readonly removed: readonly Item[];
  /** How a row is written when it can't be in its object's transaction: a membership is then to be proved by its group. */
  readonly toUnverified: (row: Item) => Item | undefined;
}

/** What a change adds and takes away, be it from the object itself or from one of an ended life that stood in its place. */
export const indexItemsOf = ({ ref, before, after }: Change): IndexItems => {
  const same = before?.parentGeneration === after.parentGeneration;
  const keys = (
    people: (stored: StoredObject) => Iterable<string>,
    keyOf: (person: string) => Item,
  ): { added: Item[]; removed: Item[] } => {
    const were = new Set(before === undefined ? [] : people(before));
    const are = new Set(people(after));
    return {
      added: [...are].filter((one) => !(same && were.has(one))).map(keyOf),
      removed: [...were].filter((one) => !are.has(one)).map(keyOf),
    };
  };
  const grants = keys(principalsOf, (principal) => grantKey(principal, ref));
  const members =
    ref.resourceName === "group" ? keys(groupMembers, (member) => memberKey(member, ref)) : { added: [], removed: [] };
  const of = { S: after.parentGeneration };
  return {
    added: [...grants.added, ...members.added].map((key) => ({ ...key, of })),
    removed: [...grants.removed, ...members.removed],
    toUnverified: (row) => (row.pk?.S?.startsWith("member#") ? { ...row, of, unproven: { BOOL: true } } : undefined),
  };
};

/** Everyone whom an object's permissions name. */
export const principalsOf = ({ acl }: StoredObject): string[] => Object.values(acl).flat();
