import type { Provenance } from "../events/provenance.ts";
import type { Incarnation, ListRef, ObjectRef } from "../resources.ts";

/** The port to the table. Implementations promise what test/contracts/store.ts says. */
export interface Store {
  /** Reads all that is wanted side by side, strongly consistent, in one round of calls. */
  read(wanted: Wanted): Promise<Snapshot>;
  /** One page of a list, newest first, strongly consistent, in one round of calls. */
  page(list: ListRef, query: PageQuery): Promise<Page>;
  /** Some of a life's objects, in the order of their ids, which none of their changes moves; strongly consistent. */
  walk(list: ListRef, query: WalkQuery): Promise<Walked>;
  /** How many entries {@link page} would give in all. */
  count(list: ListRef, query: Omit<PageQuery, "limit" | "after">): Promise<number>;
  /** Ids in a list whose own permissions name one of the principals (candidates: check each object's). */
  shared(list: ListRef, principals: readonly string[]): Promise<readonly string[]>;
  /** URIs of all objects whose own permissions name one of the principals (candidates: check each object's). */
  granted(principals: readonly string[]): Promise<readonly string[]>;
  /** Makes all changes or none. */
  commit(commit: Commit): Promise<CommitOutcome>;
  /** Removes what an ended life left in a list, a part at a time; `true` when nothing is left. */
  purge(list: ListRef, incarnation: Incarnation, until: () => boolean): Promise<boolean>;
  /** Remembers that a token was used, until some time (epoch ms); `false` when it was used before. */
  spend(token: string, until: number): Promise<boolean>;
  /** Removes everything at the top level and what is in it, as if nothing had been there; `until` says when to stop, `true` when nothing is left. */
  flush(top: readonly ListRef[], until: () => boolean): Promise<boolean>;
  /** Rejects unless the table answers. */
  ping(): Promise<void>;
  /** A random value that is made once and kept, 32 bytes in hex. */
  secret(name: string): Promise<string>;
  /** Takes a delivery in hand, unless it is done or another worker has it. */
  claim(key: string, lease: Lease): Promise<Claim>;
  /** Marks a claimed delivery as done, for as long as it might be repeated. */
  settle(key: string, lease: Lease): Promise<void>;
  /** Gives a claimed delivery back. @param forget that it was ever taken */
  release(key: string, lease: Lease, how: { readonly forget: boolean }): Promise<void>;
}

/** `tries`: how often it was taken, this time too; `until`: when another worker's lease ends, in epoch ms. */
export type Claim =
  | { readonly kind: "taken"; readonly tries: number }
  | { readonly kind: "done" }
  | { readonly kind: "busy"; readonly until: number };

export interface Lease {
  readonly owner: string;
  /** Epoch milliseconds at which another worker may take over. */
  readonly until: number;
}

export type Acl = Readonly<Record<string, readonly string[]>>;

/** An object as stored, or the tombstone of one. */
export interface Stored {
  /** `data` as the API shows it, id and last_modified included, as JSON text. */
  readonly json: string;
  readonly last_modified: number;
  /** The list's timestamp when it was stored, in ms: rises with each change, even where `last_modified` was given by the writer. */
  readonly revision: number;
  readonly deleted: boolean;
  readonly acl: Acl;
  /** Who changed it last: a user id or `system.Everyone`. */
  readonly by: string;
  /** What its last change came of, where that is known. */
  readonly provenance?: Provenance;
  /** The life of the parent that it belongs to: it exists only while that lasts. */
  readonly of: Incarnation;
  /** Its own life, where others stand in it, as in a bucket or collection. */
  readonly own?: Incarnation;
}

/** A list's timestamp and how many objects it holds. */
export interface Clock {
  readonly of: Incarnation;
  readonly last: number;
  readonly count: number;
  /** Nothing was written to the list in this life. */
  readonly untouched: boolean;
}

export interface Membership {
  /** The group's URI. */
  readonly group: string;
  readonly of: Incarnation;
  /** Written apart from its group: to be believed only if the group names the member. */
  readonly unproven: boolean;
}

export interface Wanted {
  readonly objects: readonly ObjectRef[];
  readonly clocks: readonly ListRef[];
  /** Whose memberships to read. */
  readonly members?: readonly string[] | undefined;
}

export interface Snapshot {
  /** By URI, whatever life they belong to; absent when nothing is stored there. */
  readonly objects: ReadonlyMap<string, Stored>;
  /** By the list's URI. */
  readonly clocks: ReadonlyMap<string, Clock>;
  /** By user id. */
  readonly memberships: ReadonlyMap<string, readonly Membership[]>;
}

export interface PageQuery {
  readonly of: Incarnation;
  readonly limit: number;
  /** Exclusive bounds on last_modified. */
  readonly since?: number | undefined;
  readonly before?: number | undefined;
  readonly tombstones: boolean;
  /** Where the page before ended. */
  readonly after?: Place | undefined;
}

/** A place in a list that is ordered by last_modified, then id, both descending. */
export interface Place {
  readonly last_modified: number;
  readonly id: string;
}

/** An object or tombstone as a list shows it. */
export type Entry = Pick<Stored, "json" | "last_modified"> & { readonly id: string };

export interface Page {
  readonly entries: readonly Entry[];
  /** Where the next page begins; absent when nothing follows. */
  readonly next?: Place;
}

export interface WalkQuery {
  readonly of: Incarnation;
  /** The id at which the walk before ended. */
  readonly after?: string | undefined;
  /** Places to look at, of tombstones and ended lives too. */
  readonly limit: number;
}

export interface Walked {
  readonly objects: readonly (readonly [id: string, stored: Stored])[];
  /** Where to go on; absent when nothing follows. */
  readonly next?: string;
}

export interface Commit {
  readonly changes: readonly Change[];
  readonly clocks: readonly ClockMove[];
}

/** One object's change, made only if what is stored is still `before`. */
export interface Change {
  readonly ref: ObjectRef;
  readonly before: Stored | undefined;
  readonly after: Stored;
}

export interface ClockMove {
  readonly list: ListRef;
  /** What was read; `undefined` when nothing was. */
  readonly before: Clock | undefined;
  readonly after: Clock;
  /** Made only if the list has not changed at all since it was read. */
  readonly exact: boolean;
}

/**
 * `moved`: only clocks had gone on, and this is where they stand; `conflict`: another transaction was at work;
 * `stale`: an object is no longer what was read.
 */
export type CommitOutcome =
  | { readonly kind: "done" }
  | { readonly kind: "moved"; readonly clocks: ReadonlyMap<string, Clock> }
  | { readonly kind: "conflict" }
  | { readonly kind: "stale" };
