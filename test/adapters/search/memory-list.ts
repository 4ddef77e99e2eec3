import type { SearchedIndex } from "../../../core/ports/search-engine.ts";
import type { ChangesQuery, ListChange, ListClock, Store, StoredObject } from "../../../core/ports/store.ts";
import { type ListRef, listFromIds, RESOURCES } from "../../../core/resources.ts";
import type { JsonObject } from "../../../lib/json.ts";

let lists = 0;

/** A list of records in memory, with the part of the store by which search indexes follow it. */
export class MemoryList {
  readonly list: ListRef;
  generation: string;
  timestamp = 0;
  /** Number of changes that were read, and of calls. */
  readonly reads = { changes: 0, pages: 0, clocks: 0 };
  /** Called before each page of changes. */
  beforePage: () => Promise<void> = async () => {};
  readonly #changes = new Map<string, ListChange>();

  constructor(generation = `g${lists}`) {
    this.generation = generation;
    this.list = listFromIds(RESOURCES.core.record, ["b", `c${lists++}`]);
  }

  /** @param document `null` deletes the record */
  put(id: string, document: JsonObject | null): void {
    const revision = ++this.timestamp;
    this.#changes.set(id, {
      id,
      json: JSON.stringify(document ?? { id, deleted: true }),
      last_modified: revision,
      revision,
      deleted: document === null,
    });
  }

  fill(documents: Readonly<Record<string, JsonObject | null>>): this {
    for (const [id, document] of Object.entries(documents)) this.put(id, document);
    return this;
  }

  /** Ends the generation, as when the collection is deleted and created again. */
  restart(): void {
    this.#changes.clear();
    this.generation = `${this.generation}x`;
    this.timestamp++;
  }

  index(options: Partial<SearchedIndex> = {}): SearchedIndex {
    return {
      list: this.list,
      generation: this.generation,
      timestamp: this.timestamp,
      definition: { language: "en", nested: [], excluded: [], hash: "h" },
      document: async (record) => record,
      readable: undefined,
      ...options,
    };
  }

  /** The revision of a record or tombstone. */
  revisionOf(id: string): number | undefined {
    return this.#changes.get(id)?.revision;
  }

  /** Forgets the changes after a timestamp, as a table that is restored from a backup. */
  restore(timestamp: number): void {
    for (const { id, revision } of [...this.#changes.values()]) if (revision > timestamp) this.#changes.delete(id);
    this.timestamp = timestamp;
  }

  async readClock(): Promise<Pick<ListClock, "parentGeneration" | "timestamp">> {
    this.reads.clocks++;
    return { parentGeneration: this.generation, timestamp: this.timestamp };
  }

  async readChanges({ parentGeneration, after, limit }: ChangesQuery) {
    await this.beforePage();
    this.reads.pages++;
    const isAfter = ({ revision, id }: ListChange): boolean =>
      revision > after.revision || (revision === after.revision && after.id !== undefined && id > after.id);
    const rest = parentGeneration === this.generation ? [...this.#changes.values()].filter(isAfter) : [];
    rest.sort((a, b) => a.revision - b.revision);
    const changes = rest.slice(0, limit);
    this.reads.changes += changes.length;
    const last = changes.at(-1);
    return {
      changes,
      ...(last !== undefined && rest.length > limit && { next: { revision: last.revision, id: last.id } }),
    };
  }
}

/** A store of such lists. */
export const memoryStore = (...lists: readonly MemoryList[]): Pick<Store, "read" | "readChanges"> => {
  const find = ({ uri }: ListRef): MemoryList => {
    const found = lists.find(({ list }) => list.uri === uri);
    if (found === undefined) throw new Error(`There is no list ${uri}`);
    return found;
  };
  return {
    read: async ({ objects, clocks }) => ({
      objects: new Map(
        objects.flatMap(({ uri, id, list }) => {
          const revision = find(list).revisionOf(id);
          const stored = { revision, parentGeneration: find(list).generation } as StoredObject;
          return revision === undefined ? [] : [[uri, stored] as const];
        }),
      ),
      parents: new Map(),
      memberships: new Map(),
      bytes: 0,
      clocks: new Map(
        await Promise.all(
          clocks.map(
            async (list) => [list.uri, { ...(await find(list).readClock()), count: 0, untouched: false }] as const,
          ),
        ),
      ),
    }),
    readChanges: (list, query) => find(list).readChanges(query),
  };
};
