import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import type { Provenance } from "../../../core/events/provenance.ts";
import type { Acl, Clock, Membership, Stored } from "../../../core/ports/store.ts";
import type { Incarnation, ListRef, ObjectRef } from "../../../core/resources.ts";

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

export const spentKey = (token: string): Item => ({ pk: { S: `spent#${token}` }, sk: { S: "#" } });

/** Sorts within a list: a life's objects by time and id, then its tombstones by time and id. Without an id: where that millisecond begins. */
export const placeInTime = (of: Incarnation, kind: "object" | "tombstone", ms: number, id = ""): string =>
  `${of}.${kind === "object" ? "o" : "t"}.${String(Math.min(ms, Number.MAX_SAFE_INTEGER)).padStart(16, "0")}.${id}`;

/**
 * Bytes that an object's JSON may have to stand in the index too, beside its item: both share 400 KB with the permissions. Larger
 * JSON stands in an attribute that the index does not project, and costs a page that holds it one more read.
 */
const isLarge = ({ json, acl }: Stored): boolean =>
  2 * Buffer.byteLength(json) + Buffer.byteLength(JSON.stringify(acl)) > 380 * 1024;

export const toItem = (ref: ObjectRef, stored: Stored): Item => ({
  ...keyOf(ref),
  at: { S: placeInTime(stored.of, stored.deleted ? "tombstone" : "object", stored.last_modified, ref.id) },
  ts: { N: String(stored.last_modified) },
  ...(stored.revision !== stored.last_modified && { rev: { N: String(stored.revision) } }),
  ...(isLarge(stored) ? { large: { S: stored.json } } : { json: { S: stored.json } }),
  by: { S: stored.by },
  of: { S: stored.of },
  ...(Object.keys(stored.acl).length > 0 && { acl: { S: JSON.stringify(stored.acl) } }),
  ...(stored.own !== undefined && { own: { S: stored.own } }),
  ...(stored.deleted && { gone: { BOOL: true } }),
  ...(stored.provenance !== undefined && { via: { S: JSON.stringify(stored.provenance) } }),
});

export const fromItem = (item: Item): Stored => ({
  json: text(item, item.large === undefined ? "json" : "large"),
  last_modified: number(item, "ts"),
  revision: number(item, item.rev === undefined ? "ts" : "rev"),
  deleted: item.gone?.BOOL === true,
  acl: item.acl?.S === undefined ? {} : (JSON.parse(item.acl.S) as Acl),
  by: text(item, "by"),
  of: text(item, "of"),
  ...(item.own?.S !== undefined && { own: item.own.S }),
  ...(item.via?.S !== undefined && { provenance: JSON.parse(item.via.S) as Provenance }),
});

/** An entry of a list as the index holds it; without its JSON where that is large. */
export const entryFromItem = (item: Item): Found => ({
  id: text(item, "sk"),
  last_modified: number(item, "ts"),
  json: item.json?.S,
});

export interface Found {
  readonly id: string;
  readonly last_modified: number;
  readonly json: string | undefined;
}

export const clockFromItem = (item: Item): Clock => ({
  of: text(item, "of"),
  last: number(item, "last"),
  count: number(item, "n"),
  untouched: item.untouched?.BOOL === true,
});

export const membershipFromItem = (item: Item): Membership => ({
  group: text(item, "sk"),
  of: text(item, "of"),
  unproven: item.unproven?.BOOL === true,
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
