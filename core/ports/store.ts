import type { Provenance } from "../events/provenance.ts";
import type { JobDraft } from "../jobs/job.ts";
import type { Generation, ListRef, ObjectRef } from "../resources.ts";
import type { QueueMessage } from "./queue.ts";
import type { CounterUpdate } from "./state.ts";
import type { Version } from "./versions.ts";

/** The port to the table. test/contracts/store.ts tests all implementations. */
export interface Store {
  /** Reads objects, clocks and memberships, strongly consistent, in one round of parallel calls. */
  read(request: ReadRequest): Promise<MeasuredSnapshot>;
  /** Reads a page of a list, newest first, strongly consistent. */
  readPage(list: ListRef, query: PageQuery): Promise<Page>;
  /**
   * Reads a page of what changed in a list, in the order of revisions, strongly consistent, in one round. Unlike
   * {@link readPage} with tombstones, it includes changes with a `last_modified` in the past.
   *
   * To follow a list, read its clock, then all pages after the position of the last time. Then the timestamp of that
   * clock is the new position: an object that changes meanwhile may be missing, and comes after it. Start again with an
   * empty list when the generation is another one, or the timestamp is below the position.
   */
  readChanges(list: ListRef, query: ChangesQuery): Promise<ChangesPage>;
  /**
   * Reads a part of a generation's objects in the order of their ids, which changes do not affect; strongly consistent.
   */
  walk(list: ListRef, query: WalkQuery): Promise<WalkPage>;
  /**
   * Counts the entries that {@link readPage} returns in all pages together, without returning them. Ends early when it has
   * read `maxBytes`, if given.
   */
  count(list: ListRef, query: CountQuery): Promise<ListCount>;
  /** Reads objects without their data, strongly consistent. */
  readHeads(request: ObjectsRequest): Promise<HeadSnapshot>;
  /** Like {@link walk}, without the data. */
  walkHeads(list: ListRef, query: WalkQuery): Promise<HeadWalkPage>;
  /** Reads a page of a member's groups in the order of their URIs, strongly consistent. @param after a group's URI */
  readMemberships(member: string, after: string): Promise<MembershipPage>;
  /** Reads a member's memberships in some groups, strongly consistent. */
  findMemberships(member: string, groups: readonly string[]): Promise<readonly Membership[]>;
  /**
   * Returns addresses of objects whose own permissions may name one of the principals, in a fixed order. Callers must
   * check each object.
   */
  findGrants(principals: readonly string[], query: GrantQuery): Promise<GrantPage>;
  /**
   * Writes all changes in one transaction, or none. Returns `unprepared` if the index items do not fit into the
   * transaction and {@link prepareIndex} has not written them.
   * @throws Failure REQUEST_TOO_LARGE
   */
  commit(commit: Commit, prepared?: PreparedIndex): Promise<CommitOutcome>;
  /**
   * Writes index items that do not fit into a commit's transaction. Repeat after the outcome `stale`.
   * @param prepared the items that were written before for the same objects
   */
  prepareIndex(commit: Commit, prepared?: PreparedIndex): Promise<PreparedIndex>;
  /** Removes the index items that a prepared commit has made obsolete. */
  cleanIndex(commit: Commit, prepared: PreparedIndex): Promise<void>;
  /**
   * Removes what an ended generation left in a list, part by part, until `shouldStop` returns true.
   * @returns whether everything is removed
   */
  purge(list: ListRef, generation: Generation, shouldStop: () => boolean): Promise<boolean>;
  /** Marks a token as used until a time (epoch ms). Returns `false` when it was used before. */
  consumeToken(token: string, until: number): Promise<boolean>;
  /**
   * Removes all top-level objects and their content until `shouldStop` returns true. Returns whether everything is
   * removed.
   */
  flush(top: readonly ListRef[], shouldStop: () => boolean): Promise<boolean>;
  /** Rejects unless the table can be read and, if `writes`, also written. */
  ping(options: { readonly writes: boolean }): Promise<void>;
  /** Returns a random value of 32 bytes in hex, which is generated once per name. */
  getSecret(name: string): Promise<string>;
  /** Stores a secret of another store, unless this one has generated its own. Returns the one that is stored now. */
  addSecret(name: string, value: string): Promise<string>;
  /** Claims a delivery unless it is done or another worker holds a claim. */
  claim(key: string, lease: Lease): Promise<Claim>;
  /** Marks a claimed delivery as done. */
  settle(key: string, lease: Lease): Promise<void>;
  /** Returns a claimed delivery. @param how `forget` resets its number of tries */
  release(key: string, lease: Lease, how: { readonly forget: boolean }): Promise<void>;
}

/**
 * `tries` counts the claims of a delivery, including this one; `until` is the end of another worker's lease in epoch
 * ms.
 */
export type Claim =
  | { readonly kind: "taken"; readonly tries: number }
  | { readonly kind: "done" }
  | { readonly kind: "busy"; readonly until: number };

export interface Lease {
  readonly owner: string;
  /** Epoch ms at which another worker may take over. */
  readonly until: number;
}

/** Principals by permission. */
export type Acl = Readonly<Record<string, readonly string[]>>;

/** An object as stored, or its tombstone. */
export interface StoredObject {
  /** `data` as the API returns it, including id and last_modified, as JSON text. */
  readonly json: string;
  readonly last_modified: number;
  /**
   * The list timestamp at the change, in ms. It rises with each change, even when the writer supplies `last_modified`.
   */
  readonly revision: number;
  readonly deleted: boolean;
  readonly acl: Acl;
  /** The author of the last change: a user id or `system.Everyone`. */
  readonly changedBy: string;
  /** The cause of the last change, if known. */
  readonly provenance?: Provenance;
  /** The generation of the parent. The object exists only while its parent has this generation. */
  readonly parentGeneration: Generation;
  /** The generation of the object itself, when it has children. */
  readonly ownGeneration?: Generation;
}

/** An object without its data. */
export type ObjectHead = Omit<StoredObject, "json" | "provenance">;

export interface HeadSnapshot {
  /** Heads by URI, of any generation. */
  readonly heads: ReadonlyMap<string, ObjectHead>;
  /** The size of the objects with their data, which the table has read. */
  readonly bytes: number;
}

/** A list's timestamp and its number of objects. */
export interface ListClock {
  readonly parentGeneration: Generation;
  readonly timestamp: number;
  readonly count: number;
  /** Nothing has been written to the list in this generation. */
  readonly untouched: boolean;
}

export interface Membership {
  /** The group's URI. */
  readonly group: string;
  readonly parentGeneration: Generation;
  /** Written outside the group's transaction: valid only if the group names the member. */
  readonly unverified: boolean;
}

/** Objects to read. All requests to one list's objects share a partition of the table. */
export interface ObjectsRequest {
  /** Objects to read from their lists. Only these can be changed. */
  readonly objects: readonly ObjectRef[];
  /**
   * Objects to read from partitions of their own, since requests on all that is below them need them: the ancestors of
   * other objects.
   */
  readonly parents?: readonly ObjectRef[] | undefined;
}

export interface ReadRequest extends ObjectsRequest {
  readonly clocks: readonly ListRef[];
  /** User ids whose memberships to read. */
  readonly members?: readonly string[] | undefined;
}

export interface Snapshot {
  /** Objects by URI, of any generation. */
  readonly objects: ReadonlyMap<string, StoredObject>;
  /** Parents by URI, of any generation, without causes. Deleted ones are absent. */
  readonly parents: ReadonlyMap<string, StoredObject>;
  /** Clocks by the list's URI. */
  readonly clocks: ReadonlyMap<string, ListClock>;
  /** The first page of memberships by user id. */
  readonly memberships: ReadonlyMap<string, MembershipPage>;
}

export interface MeasuredSnapshot extends Snapshot {
  /** The size of what the table has read, in bytes, without memberships. */
  readonly bytes: number;
}

/** A member's groups in the order of their URIs. A page has at most {@link MAX_MEMBERSHIPS_PER_PAGE}. */
export interface MembershipPage {
  readonly groups: readonly Membership[];
  /** The last group of the page, if there are more. */
  readonly next?: string;
}

/** Strangers can add a user to any number of their groups. */
export const MAX_MEMBERSHIPS_PER_PAGE = 500;

export interface GrantQuery {
  /** Return the objects of one list only. */
  readonly list?: ListRef | undefined;
  /** The end of the previous page. */
  readonly after?: string | undefined;
  readonly limit: number;
}

export interface GrantPage {
  readonly grants: readonly GrantedAddress[];
  /** Where the next page starts; absent on the last page. */
  readonly next?: string;
}

/** The address of an object that names a principal. */
export interface GrantedAddress {
  readonly list: string;
  readonly id: string;
}

/** Returns the position of an object in the order of {@link Store.findGrants}, which is descending. */
export const grantPosition = ({ list, id }: GrantedAddress): string => `${list}#${id}`;

export interface PageQuery {
  readonly parentGeneration: Generation;
  readonly limit: number;
  /** Exclusive lower bound of last_modified, in ms. */
  readonly since?: number | undefined;
  /** Exclusive upper bound of last_modified, in ms. */
  readonly before?: number | undefined;
  readonly tombstones: boolean;
  /** The end of the previous page. */
  readonly after?: PageCursor | undefined;
  /**
   * Maximum JSON size of the page, in UTF-8 bytes, up to {@link MAX_PAGE_BYTES}, the default. A page has at least one entry.
   */
  readonly maxBytes?: number | undefined;
}

/** Which entries to count. */
export type CountQuery = Omit<PageQuery, "limit" | "after" | "tombstones"> & {
  /** `only` counts nothing else. */
  readonly tombstones: boolean | "only";
};

export interface ListCount {
  /** The number of entries that were counted. */
  readonly count: number;
  /** Whether these are all. */
  readonly isComplete: boolean;
  /** The size of what the table has read, in bytes. */
  readonly bytes: number;
}

/** A position in a list that is ordered by last_modified, then id, both descending. */
export interface PageCursor {
  readonly last_modified: number;
  readonly id: string;
}

/** An object or tombstone in a list. */
export type ListEntry = Pick<StoredObject, "json" | "last_modified"> & { readonly id: string };

/**
 * Maximum JSON size of a page, in UTF-8 bytes. A Lambda response is limited to 6 MB, and its body is JSON-encoded once
 * more.
 */
export const MAX_PAGE_BYTES = 2_800_000;

export interface Page {
  readonly entries: readonly ListEntry[];
  /** Where the next page starts; absent on the last page. */
  readonly next?: PageCursor;
  /** The size of what the table has read, in bytes; more than that of the entries. */
  readonly bytes: number;
}

export interface ChangesQuery {
  readonly parentGeneration: Generation;
  /** Exclusive start: a position in ms, or the end of the previous page. */
  readonly after: ChangeCursor;
  readonly limit: number;
}

/** A position in the order of revisions, then ids. Without an id, it is behind all changes of the revision. */
export interface ChangeCursor {
  readonly revision: number;
  readonly id?: string;
}

/** The present state of an object or tombstone in a list. */
export type ListChange = ListEntry & Pick<StoredObject, "revision" | "deleted">;

export interface ChangesPage {
  /** May be empty although there are more. */
  readonly changes: readonly ListChange[];
  /** Where the next page starts; absent on the last page. */
  readonly next?: ChangeCursor;
}

export interface WalkQuery {
  readonly parentGeneration: Generation;
  /** The last id of the previous part. */
  readonly after?: string | undefined;
  /** Maximum number of items to read, including tombstones and objects of ended generations. */
  readonly limit: number;
  /** Whether to return tombstones too; false when absent. */
  readonly tombstones?: boolean;
}

export interface WalkPage {
  readonly objects: readonly (readonly [id: string, stored: StoredObject])[];
  /** Where the next part starts; absent at the end. */
  readonly next?: string;
}

export interface HeadWalkPage extends Pick<WalkPage, "next"> {
  readonly heads: readonly (readonly [id: string, head: ObjectHead])[];
  /** The size of the objects with their data, which the table has read. */
  readonly bytes: number;
}

export interface Commit {
  readonly changes: readonly Change[];
  readonly clocks: readonly ClockUpdate[];
  readonly outbox: readonly OutboxEntry[];
  /** Counters of plugins, each at most once. Their conditions make the commit `stale`. */
  readonly counters?: readonly PluginCounterUpdate[];
  /** The versions that the changes make, where versions are kept. */
  readonly versions?: readonly Version[];
}

/** A change of a counter in a plugin's state. */
export interface PluginCounterUpdate extends CounterUpdate {
  readonly plugin: string;
}

/** A job that is created, or a message that is sent, if the commit succeeds. */
export type OutboxEntry = { readonly job: JobDraft } | { readonly message: QueueMessage };

/** A change of one object, valid only if `before` is still stored. */
export interface Change {
  readonly ref: ObjectRef;
  readonly before: StoredObject | undefined;
  readonly after: StoredObject;
}

export interface ClockUpdate {
  readonly list: ListRef;
  /** The clock as read; `undefined` when there was none. */
  readonly before: ListClock | undefined;
  readonly after: ListClock;
  /** Valid only if the list has not changed since it was read. */
  readonly requireUnchanged: boolean;
}

/** Index items that were written outside of a transaction. */
export interface PreparedIndex {
  readonly id: string;
  /** Names of the items. */
  readonly items: ReadonlySet<string>;
}

/**
 * `unprepared`: index items must be written first; `moved`: only clocks have changed, to these values; `conflict`: another transaction was in progress; `stale`: an
 * object has changed since it was read.
 */
export type CommitOutcome =
  | { readonly kind: "done" }
  | { readonly kind: "unprepared" }
  | { readonly kind: "moved"; readonly clocks: ReadonlyMap<string, ListClock> }
  | { readonly kind: "conflict" }
  | { readonly kind: "stale" };
