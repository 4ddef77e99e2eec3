import { KeyedMutex } from "../../lib/util/keyed-mutex.ts";
import type { ChangeCursor, ListClock, Page } from "../ports/store.ts";
import type { ListRef } from "../resources.ts";
import { FollowedList } from "./followed-list.ts";
import type { ReadBudget } from "./read-budget.ts";
import type { Session } from "./session.ts";

/** Maximum size of all lists, in characters. */
const MAX_CHARS = 64_000_000;
/** Entries and changes that are read at a time. */
const ENTRIES_PER_READ = 2000;
const CHANGES_PER_READ = 500;
/** With more new changes than these pages have, reading the list anew is about as quick. */
const MAX_CHANGE_PAGES = 20;
/**
 * A list that was not used for so long is read anew. An operator can set back the timestamp of a list that is more than a
 * day ahead; a list that passed that timestamp again unseen would miss changes.
 */
const MAX_IDLE_MS = 60 * 60 * 1000;
/** Maximum number of lists that are remembered as worth keeping, or as too large. */
const MAX_REMEMBERED = 1000;

/** What a list is followed for. */
export interface FollowRequest {
  readonly list: ListRef;
  /** The clock that the request has read. The list has all changes up to it. */
  readonly clock: ListClock;
  readonly budget: ReadBudget;
  /** Fields whose values are needed. */
  readonly fields: readonly string[];
}

/**
 * Whole lists in memory, for queries that would read the whole list each time. A list is read once. Before each use, it gets
 * the changes since then, so a response has all that was written before the request.
 */
export class FollowedLists {
  readonly #kept = new Map<string, { readonly followed: FollowedList; usedAt: number }>();
  /** Lists that a query has looked through. */
  readonly #wanted = new Set<string>();
  /** Lists that do not fit into the memory. */
  readonly #large = new Set<string>();
  readonly #mutex = new KeyedMutex();
  readonly #maxChars: number;

  /** @param maxChars maximum size of all lists, in characters */
  constructor(maxChars = MAX_CHARS) {
    this.#maxChars = maxChars;
  }

  /** Remembers that a query has read much of a list, so that the next one keeps it. */
  want({ uri }: ListRef): void {
    remember(this.#wanted, uri);
  }

  /** Whether a query of the list should use {@link use} although it may not need the whole list. */
  isWanted({ uri }: ListRef): boolean {
    return this.#wanted.has(uri) || this.#kept.has(uri);
  }

  /**
   * Calls `select` with a list that has all changes up to the clock. It must not wait for anything, since the list
   * changes. Charges the whole list to the budget, so that a response does not depend on what a process keeps.
   * @returns `undefined` when the list is too large for the memory or for the budget
   */
  async use<Result>(
    session: Session,
    request: FollowRequest,
    select: (followed: FollowedList) => Result,
  ): Promise<{ readonly result: Result } | undefined> {
    const { list, budget, fields } = request;
    if (this.#large.has(list.uri)) return undefined;
    return this.#mutex.run([list.uri], async () => {
      const present = this.#kept.get(list.uri);
      this.#kept.delete(list.uri);
      const isUsable = present !== undefined && session.now - present.usedAt < MAX_IDLE_MS;
      let followed = isUsable ? await followTo(session, request, present.followed) : undefined;
      if (followed === undefined) followed = await readList(session, request, this.#maxChars);
      else budget.spend(followed.bytes);
      if (followed === undefined) {
        if (!budget.isSpent) remember(this.#large, list.uri);
        return undefined;
      }
      await followed.prepare(fields);
      const result = select(followed);
      this.#keep(list.uri, followed, session.now);
      return { result };
    });
  }

  #keep(uri: string, followed: FollowedList, usedAt: number): void {
    this.#kept.set(uri, { followed, usedAt });
    let chars = 0;
    for (const kept of this.#kept.values()) chars += kept.followed.chars;
    for (const [oldest, kept] of this.#kept) {
      if (chars <= this.#maxChars) return;
      this.#kept.delete(oldest);
      chars -= kept.followed.chars;
    }
  }
}

const remember = (uris: Set<string>, uri: string): void => {
  uris.delete(uri);
  uris.add(uri);
  for (const oldest of uris) {
    if (uris.size <= MAX_REMEMBERED) return;
    uris.delete(oldest);
  }
};

/** Reads a whole list; `undefined` when it is too large. */
const readList = async (
  session: Session,
  { list, clock, budget }: FollowRequest,
  maxChars: number,
): Promise<FollowedList | undefined> => {
  const followed = new FollowedList(clock.parentGeneration, clock.timestamp);
  const query = { parentGeneration: clock.parentGeneration, tombstones: false, limit: ENTRIES_PER_READ };
  let after: Page["next"];
  do {
    const page: Page = await session.readPage(list, { ...query, after, maxBytes: budget.pageBytes });
    budget.spend(page.bytes);
    followed.add(page.entries);
    after = page.next;
  } while (after !== undefined && !budget.isSpent && followed.chars < maxChars);
  return after === undefined && followed.chars <= maxChars ? followed : undefined;
};

/** Applies the changes of a list until a clock; `undefined` when it must be read anew. */
const followTo = async (
  session: Session,
  { list, clock: { parentGeneration, timestamp } }: FollowRequest,
  followed: FollowedList,
): Promise<FollowedList | undefined> => {
  if (followed.generation !== parentGeneration) return undefined;
  if (followed.timestamp > timestamp) return (await isSetBack(session, list, followed)) ? undefined : followed;
  if (followed.timestamp === timestamp) return followed;
  let after: ChangeCursor = { revision: followed.timestamp };
  for (let pages = 0; pages < MAX_CHANGE_PAGES; pages++) {
    const { changes, next } = await session.readChanges(list, { parentGeneration, after, limit: CHANGES_PER_READ });
    followed.apply(changes);
    if (next === undefined) {
      followed.timestamp = timestamp;
      return followed;
    }
    after = next;
  }
  return undefined;
};

/** Whether the list's timestamp is below the one that was followed. Else another request has read the clock later. */
const isSetBack = async (session: Session, list: ListRef, followed: FollowedList): Promise<boolean> => {
  const clock = await session.readNewClock(list);
  return clock?.parentGeneration !== followed.generation || clock.timestamp < followed.timestamp;
};
