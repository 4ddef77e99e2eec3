import type { Generation, ResourceName } from "../resources.ts";
import type { Acl } from "./store.ts";

/**
 * The port to the versions of objects, which a commit of {@link Store} writes. They are kept by bucket, so a bucket that
 * was deleted and created again has none of before. test/contracts/versions.ts tests all implementations. All reads are
 * strongly consistent.
 */
export interface Versions {
  /** Reads a page of a bucket's versions, in the order of revisions, then URIs. */
  list(bucket: VersionedBucket, query: VersionQuery): Promise<VersionPage>;
  /** Finds the versions of objects in the order of ids, generations and revisions, without their content. */
  find(bucket: VersionedBucket, of: VersionedObjects, query: FindQuery): Promise<FoundVersions>;
  /** Reads versions by their keys. Leaves out those that are not kept. */
  get(bucket: VersionedBucket, keys: readonly VersionKey[]): Promise<ReadVersions>;
  /** Writes versions of another store, in any order. Writing one again changes nothing. Not atomic. */
  put(versions: readonly Version[]): Promise<void>;
  /** Counts the versions of a bucket. */
  count(bucket: VersionedBucket): Promise<number>;
  /** Deletes versions, and remembers the time in epoch ms of the deletion if it is given. */
  delete(bucket: VersionedBucket, keys: readonly VersionKey[], deletedAt?: number): Promise<void>;
  /** Returns the latest time that {@link delete} was given; 0 if there is none. */
  deletedAt(bucket: VersionedBucket): Promise<number>;
  /** Removes everything of an ended bucket until `shouldStop` returns true. Returns whether everything is removed. */
  purge(bucket: VersionedBucket, shouldStop: () => boolean): Promise<boolean>;
}

/** A bucket and its generation. */
export interface VersionedBucket {
  readonly uri: string;
  readonly generation: Generation;
}

/** Identifies a version in its bucket. */
export interface VersionKey {
  readonly revision: number;
  readonly uri: string;
}

/** A version of an object, and the change that made it. */
export interface Version extends VersionKey {
  readonly bucket: VersionedBucket;
  readonly resourceName: ResourceName;
  readonly action: "create" | "update" | "delete";
  /** The author of the change: a user id or `system.Everyone`. */
  readonly user: string;
  /** When the change was made, in epoch ms. */
  readonly date: number;
  readonly last_modified: number;
  /** What the change replaced. */
  readonly replaced: ReplacedVersion;
  /** The data as JSON text. Of a deletion, it is the data before. */
  readonly json: string;
  /** The permissions, likewise. */
  readonly acl: Acl;
  readonly parentGeneration: Generation;
  readonly ownGeneration?: Generation;
}

/** What decides who may read an object as it was. */
export type PastState = Pick<Version, "acl" | "parentGeneration" | "ownGeneration">;

/** What was stored at an address before a change. */
export interface ReplacedVersion {
  /** Its revision; 0 if nothing was stored in this generation of the parent. */
  readonly revision: number;
  /** Whether it was an object, and not a tombstone or nothing. */
  readonly existed: boolean;
}

export interface VersionQuery {
  readonly descending: boolean;
  /** Exclusive bounds of the revision. */
  readonly since?: number | undefined;
  readonly before?: number | undefined;
  /** The end of the previous page. */
  readonly after?: VersionKey | undefined;
  readonly limit: number;
}

export interface ReadVersions {
  readonly versions: readonly Version[];
  /** The size of what was read, in bytes. */
  readonly bytes: number;
}

export interface VersionPage extends ReadVersions {
  /** Where the next page starts; absent at the end. */
  readonly next?: VersionKey;
}

/** All objects that a list ever had, those of one id, or one in a generation of its parent. */
export interface VersionedObjects {
  readonly list: string;
  readonly id?: string | undefined;
  readonly parentGeneration?: Generation | undefined;
}

export interface FindQuery {
  readonly descending?: boolean;
  /** Exclusive lower bound of the revision, for one object in a generation. */
  readonly since?: number | undefined;
  /** The last one of the previous page. */
  readonly after?: FoundVersion | undefined;
  readonly limit: number;
}

/** A version without its content. */
export interface FoundVersion extends VersionKey {
  readonly id: string;
  readonly parentGeneration: Generation;
  readonly replaced: ReplacedVersion;
}

export interface FoundVersions {
  readonly found: readonly FoundVersion[];
  readonly bytes: number;
  /** Whether there are more. */
  readonly hasMore: boolean;
}
