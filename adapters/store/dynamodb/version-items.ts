import { deflateRawSync, inflateRawSync } from "node:zlib";
import type {
  FoundVersion,
  ReplacedVersion,
  Version,
  VersionedBucket,
  VersionedObjects,
  VersionKey,
} from "../../../core/ports/versions.ts";
import { type Item, number, text } from "./items.ts";

/** The partition of a bucket's versions. Its prefix keeps it out of the stream's filters. */
export const versionPartition = ({ uri, generation }: VersionedBucket): string => `history#${uri}@${generation}`;

/** Whether an item is a version. */
export const isVersion = (item: Item | undefined): boolean => item?.pk?.S?.startsWith("history#") === true;

/** The item that remembers when versions were deleted. It sorts before all versions. */
export const deletionKey = (bucket: VersionedBucket): Item => ({
  pk: { S: versionPartition(bucket) },
  sk: { S: "#deleted" },
});

/** Digits of a revision in a key. */
const REVISION_DIGITS = 16;
const padRevision = (revision: number): string =>
  String(Math.max(0, Math.min(revision, Number.MAX_SAFE_INTEGER))).padStart(REVISION_DIGITS, "0");

/** Returns the sort key of a version. Without a URI, it is the start of a revision. */
export const versionSortKey = (revision: number, uri = ""): string => `${padRevision(revision)}#${uri}`;

export const versionItemKey = (bucket: VersionedBucket, { revision, uri }: VersionKey): Item => ({
  pk: { S: versionPartition(bucket) },
  sk: { S: versionSortKey(revision, uri) },
});

export const versionKeyFromItem = (item: Item): VersionKey => {
  const key = text(item, "sk");
  return { revision: Number(key.slice(0, REVISION_DIGITS)), uri: key.slice(REVISION_DIGITS + 1) };
};

/** Returns the start of the keys in the index by time: a list's versions by id, generation and revision. */
export const objectVersionPrefix = ({ list, id, parentGeneration }: VersionedObjects): string =>
  [list, ...(id === undefined ? [] : [id, ...(parentGeneration === undefined ? [] : [parentGeneration])]), ""].join(
    "#",
  );

export const objectVersionKey = (of: Required<VersionedObjects>, revision: number): string =>
  `${objectVersionPrefix(of)}${padRevision(revision)}`;

/** The content of a version in its item. */
type Content = Pick<Version, "resourceName" | "action" | "user" | "date" | "json" | "acl"> &
  Partial<Pick<Version, "ownGeneration">>;

/** Content with more bytes is compressed. A transaction is billed by KB, twice. */
const MIN_COMPRESSED_BYTES = 1024;
/** More than the content of the largest object has. */
const MAX_CONTENT_BYTES = 2_000_000;

/**
 * Returns the item of a version. The index by time projects only keys and what a change replaced, since the content is in
 * an attribute that it does not project.
 */
export const toVersionItem = (version: Version): Item => {
  const { bucket, uri, revision, last_modified, replaced, parentGeneration } = version;
  const { resourceName, action, user, date, json, acl, ownGeneration } = version;
  const content: Content = { resourceName, action, user, date, json, acl, ...(ownGeneration && { ownGeneration }) };
  const bytes = Buffer.from(JSON.stringify(content));
  const end = uri.lastIndexOf("/");
  const of = { list: uri.slice(0, end), id: uri.slice(end + 1), parentGeneration };
  return {
    ...versionItemKey(bucket, version),
    at: { S: objectVersionKey(of, revision) },
    ts: { N: String(last_modified) },
    // Negative if it was a tombstone.
    rev: { N: String(replaced.existed ? replaced.revision : -replaced.revision) },
    of: { S: parentGeneration },
    entry:
      bytes.length > MIN_COMPRESSED_BYTES
        ? { B: deflateRawSync(bytes).toString("base64") as unknown as Uint8Array }
        : { S: bytes.toString() },
  };
};

/** The size of a version's item in a transaction, in bytes, without what is about the same for all. */
export const measureVersionItem = ({ entry }: Item): number => (entry?.S ?? String(entry?.B)).length;

export const versionFromItem = (bucket: VersionedBucket, item: Item): Version => {
  const content = JSON.parse(readEntry(item)) as Content;
  return {
    ...content,
    ...versionKeyFromItem(item),
    bucket,
    last_modified: number(item, "ts"),
    replaced: replacedFromItem(item),
    parentGeneration: text(item, "of"),
  };
};

const readEntry = ({ entry }: Item): string =>
  entry?.S ??
  inflateRawSync(Buffer.from(String(entry?.B), "base64"), { maxOutputLength: MAX_CONTENT_BYTES }).toString();

const replacedFromItem = (item: Item): ReplacedVersion => {
  const revision = number(item, "rev");
  return { revision: Math.abs(revision), existed: revision > 0 };
};

/** Reads what the index by time has of a version. */
export const foundFromItem = (item: Item): FoundVersion => {
  const [, id = "", parentGeneration = ""] = text(item, "at").split("#");
  return { ...versionKeyFromItem(item), id, parentGeneration, replaced: replacedFromItem(item) };
};
