import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { readListQuery } from "../../../core/lists/list-query.ts";
import { listObjects, listObjectsPlan } from "../../../core/objects/list-objects.ts";
import type { ListEntry, Store, StoredObject } from "../../../core/ports/store.ts";
import { FollowedLists } from "../../../core/store/followed-lists.ts";
import { PageCache } from "../../../core/store/page-cache.ts";
import { ReadBudget } from "../../../core/store/read-budget.ts";
import { createTransactionContext, transact } from "../../../core/store/transact.ts";
import { openUseCases } from "./open-use-cases.ts";

const OWNER = "basicauth:owner";
const GUEST = "basicauth:guest";
const LIST = "/buckets/a/collections/c/records";
const COUNT = 100;
const RECORD_BYTES = 250_000;
const PAGE_BYTES = 2_800_000;

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

/** Keeps nothing, so that only what a request keeps is counted. */
class NoCache extends PageCache {
  override async getOrRead<Page>(
    _list: string,
    _clock: unknown,
    _query: string,
    read: () => Promise<Page>,
  ): Promise<Page> {
    return read();
  }
}

/** Keeps no list, as for lists that do not fit into the memory. */
class NoLists extends FollowedLists {
  override async use(): Promise<undefined> {
    return undefined;
  }
}

/** Counts the bytes of the objects that a store has returned and that are not collected yet. */
class KeptBytes {
  readonly #returned: (readonly [WeakRef<object>, number])[] = [];
  readonly #limitBytes: number;
  #keptBytes = 0;
  /** The most that was kept at once, with what was being returned. At most that is, if it is below the limit. */
  maxBytes = 0;
  /** All that was returned. */
  totalBytes = 0;

  /** @param limitBytes garbage is collected only if more may be kept, because it takes long */
  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  add(objects: readonly (ListEntry | StoredObject)[]): void {
    for (const object of objects) {
      const bytes = Buffer.byteLength(object.json);
      this.totalBytes += bytes;
      this.#keptBytes += bytes;
      this.#returned.push([new WeakRef(object), bytes]);
    }
    if (this.#keptBytes > this.#limitBytes) {
      collectGarbage();
      const kept = this.#returned.filter(([object]) => object.deref() !== undefined);
      this.#keptBytes = kept.reduce((sum, [, bytes]) => sum + bytes, 0);
    }
    this.maxBytes = Math.max(this.maxBytes, this.#keptBytes);
  }

  wrap(store: Store): Store {
    return {
      ...store,
      readPage: async (...query) => {
        const page = await store.readPage(...query);
        this.add(page.entries);
        return page;
      },
      read: async (request) => {
        const snapshot = await store.read(request);
        this.add([...snapshot.objects.values()]);
        return snapshot;
      },
    };
  }
}

let opened: Awaited<ReturnType<typeof openUseCases>>;
beforeAll(async () => {
  opened = await openUseCases();
  await opened.put("/buckets/a");
  await opened.put("/buckets/a/collections/c", { acl: { write: [OWNER] } });
  for (let n = 0; n < COUNT; n++)
    await opened.put(`${LIST}/r${n}`, {
      data: { n: (n * 7) % COUNT, text: "x".repeat(RECORD_BYTES) },
      acl: { read: [GUEST] },
    });
});
afterAll(() => opened[Symbol.asyncDispose]());

/** Lists the records. Returns what was kept meanwhile. */
const list = async (query: string, limitBytes: number, { user = OWNER, counted = false } = {}): Promise<KeptBytes> => {
  const kept = new KeptBytes(limitBytes);
  const transactions = createTransactionContext(kept.wrap(opened.store));
  const context = { ...opened.context, pages: new NoCache(), followed: new NoLists() };
  const listRef = opened.listOf(LIST);
  await transact(transactions, listObjectsPlan(listRef), (session) =>
    listObjects(context, session, {
      list: listRef,
      user,
      preconditions: () => ({}),
      selection: async (timestamp) => readListQuery(new URLSearchParams(query), timestamp),
      place: async () => undefined,
      counted,
      budget: new ReadBudget(64_000_000),
    }),
  );
  return kept;
};

describe("a list of large records", () => {
  it.each<[string, { readonly user?: string; readonly counted?: boolean }, number]>([
    ["n=1", {}, 2],
    ["n=1", { counted: true }, 2],
    // Four pages until the best are chosen, and two that are read.
    ["_sort=n", {}, 6],
    ["_sort=n&_limit=2", {}, 6],
  ])("?%s with %j is read as a whole, and kept in parts of %d pages", async (query, options, pages) => {
    const limitBytes = pages * PAGE_BYTES + RECORD_BYTES;
    const kept = await list(query, limitBytes, options);

    expect(kept.totalBytes).toBeGreaterThan(COUNT * RECORD_BYTES);
    expect(kept.maxBytes).toBeLessThanOrEqual(limitBytes);
  });

  it.each(["n=1", "_sort=n"])("?%s is read in parts if its records are shared", async (query) => {
    const limitBytes = 6 * PAGE_BYTES;
    const kept = await list(query, limitBytes, { user: GUEST });

    // An eighth of the budget is for the permissions of a part, which are read with whole records.
    expect(kept.totalBytes).toBeGreaterThan(8_000_000);
    expect(kept.totalBytes).toBeLessThan((COUNT * RECORD_BYTES * 2) / 3);
    expect(kept.maxBytes).toBeLessThanOrEqual(limitBytes);
  });
});
