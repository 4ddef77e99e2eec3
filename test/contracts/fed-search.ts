import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import type { IndexWrite, SearchedIndex } from "../../core/ports/search-engine.ts";
import { parseSearch } from "../../core/search/request.ts";
import type { Json, JsonObject } from "../../lib/json.ts";
import type { FedSearch } from "./open-search.ts";

const TIMEOUT_MS = 180_000;

/** What engines do with writes that arrive late, twice or in another order. */
export const fedSearchContract = (name: string, open: () => Promise<FedSearch>): void => {
  describe(`search engine ${name} keeps the newest version`, () => {
    let opened: FedSearch;
    beforeAll(async () => {
      opened = await open();
    }, TIMEOUT_MS);
    afterAll(() => opened[Symbol.asyncDispose](), TIMEOUT_MS);

    const at = ({ list, generation }: SearchedIndex, version: number, document: JsonObject | null): IndexWrite => ({
      list: list.uri,
      index: generation,
      id: "r",
      version,
      document,
    });
    const write = async (...writes: readonly IndexWrite[]): Promise<void> => {
      await opened.engine.write(writes);
      await opened.settle();
    };
    const values = async (index: SearchedIndex, query: Json = { match_all: {} }): Promise<Json[]> => {
      const request = parseSearch({ query, aggs: { v: { terms: { field: "v" } } } });
      const { aggregations, total } = await opened.engine.search([index], request);
      const buckets = aggregations.v?.buckets as { key: Json; doc_count: number }[];
      expect(buckets.reduce((sum, { doc_count }) => sum + doc_count, 0)).toBe(total);
      return buckets.map(({ key }) => key);
    };

    it("when an older write arrives late", async () => {
      const index = await opened.newIndex();
      await write(at(index, 5, { v: "new" }));
      await write(at(index, 4, { v: "old" }));

      expect(await values(index)).toEqual(["new"]);
      expect(await values(index, { match: { v: "old" } })).toEqual([]);
    });

    it("when the writes of one record arrive in any order", async () => {
      const index = await opened.newIndex();
      await write(at(index, 2, { v: "two" }), at(index, 3, { v: "three" }), at(index, 1, null));

      expect(await values(index)).toEqual(["three"]);
    });

    it("and no longer finds the replaced one", async () => {
      const index = await opened.newIndex();
      await write(at(index, 1, { v: "old", gone: { deep: 1 } }));
      await write(at(index, 2, { v: "new" }));

      expect(await values(index)).toEqual(["new"]);
      expect(await values(index, { exists: { field: "gone" } })).toEqual([]);
    });

    it("when a write arrives after the deletion", async () => {
      const index = await opened.newIndex();
      await write(at(index, 1, { v: "first" }));
      await write(at(index, 3, null));
      await write({ ...at(index, 1, null), id: "another" });
      await write(at(index, 2, { v: "late" }));

      expect(await values(index)).toEqual([]);
      expect(await values(index, { bool: { must_not: { exists: { field: "x" } } } })).toEqual([]);
    });

    it("when a deletion arrives first", async () => {
      const index = await opened.newIndex();
      await write(at(index, 3, null));
      await write(at(index, 2, { v: "late" }));

      expect(await values(index)).toEqual([]);
    });

    it("when a deleted record is created again", async () => {
      const index = await opened.newIndex();
      await write(at(index, 1, { v: "first" }), at(index, 2, null));
      await write(at(index, 3, { v: "again" }));
      await write(at(index, 2, null));

      expect(await values(index)).toEqual(["again"]);
    });

    it("but replaces the same version in a replay, which another late write does not", async () => {
      const index = await opened.newIndex();
      await write(at(index, 5, { v: "before" }));
      await write({ ...at(index, 5, { v: "after" }), replay: true });
      await write(at(index, 5, { v: "before" }));
      expect(await values(index)).toEqual(["after"]);

      await write({ ...at(index, 5, null), replay: true });
      expect(await values(index)).toEqual([]);
      await write({ ...at(index, 5, { v: "again" }), replay: true });
      expect(await values(index)).toEqual(["again"]);
    });

    it("when a replay of an older version arrives late, also of a deleted record", async () => {
      const index = await opened.newIndex();
      await write(at(index, 2, { v: "new" }));
      await write({ ...at(index, 1, { v: "old" }), replay: true });
      expect(await values(index)).toEqual(["new"]);

      await write(at(index, 3, null));
      await write({ ...at(index, 2, { v: "old" }), replay: true });
      expect(await values(index)).toEqual([]);
    });

    it("when a write is delivered twice", async () => {
      const index = await opened.newIndex();
      const twice = at(index, 7, { v: "same" });
      await write(twice, twice);
      await write(twice);

      expect(await values(index, { match: { v: "same" } })).toEqual(["same"]);
    });

    it("when many writers begin with a collection", async () => {
      const index = await opened.newIndex();
      await Promise.all(
        Array.from({ length: 8 }, (_, n) => opened.engine.write([{ ...at(index, n + 1, { v: n }), id: `r${n}` }])),
      );
      await opened.settle();

      expect(await values(index)).toHaveLength(8);
    });

    it("responds to a ping", () => opened.engine.ping());
  });
};
