import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import type { Json } from "../../../lib/json.ts";
import {
  type FilledCollection,
  type OpenedSearch,
  openOpenSearchCollections,
  openSqliteCollections,
} from "../../contracts/open-search.ts";
import { createRandom } from "../../random.ts";
import { useOpenSearch } from "../start-opensearch.ts";

const QUERIES_PER_SHAPE = 25;
const random = createRandom(7).next;
/** Few words are frequent, most are rare. */
const word = () => `w${Math.floor(300 * random() ** 3).toString(36)}x`;
const text = (words: number) => Array.from({ length: 1 + Math.floor(words * random()) }, word).join(" ");

const SHAPES: Readonly<Record<string, () => Json>> = {
  "words of a short field": () => ({ match: { title: text(3) } }),
  "words of a long field": () => ({ match: { body: text(4) } }),
  "the best of two fields": () => ({ multi_match: { query: text(3), fields: ["title^3", "body"] } }),
  "words across fields": () => ({ multi_match: { query: text(3), fields: ["title", "body"], type: "cross_fields" } }),
  phrases: () => ({ match_phrase: { body: `${word()} ${word()}` } }),
  "typing errors": () => ({ match: { body: { query: text(2), fuzziness: 1 } } }),
  beginnings: () => ({ match_bool_prefix: { title: `${word()} w1` } }),
  "required and optional words": () => ({
    bool: { must: { match: { body: word() } }, should: [{ match: { title: text(3) } }] },
  }),
};

describe("ranking by OpenSearch and by the embedded engine", () => {
  let opened: readonly OpenedSearch[];
  let collections: readonly FilledCollection[];
  beforeAll(async () => {
    const { endpoint } = await useOpenSearch();
    opened = await Promise.all([openSqliteCollections(), openOpenSearchCollections(endpoint)]);
    const documents = Object.fromEntries(
      Array.from({ length: 400 }, (_, n) => [`d${n}`, { title: text(8), body: text(120) }]),
    );
    collections = await Promise.all(opened.map((search) => search.fill(documents)));
  }, 180_000);
  afterAll(async () => {
    for (const search of opened) await search[Symbol.asyncDispose]();
  });

  const firstHits = async (query: Json) =>
    Promise.all(
      collections.map(async (collection) => {
        const { total, hits } = await collection.search({ query, size: 1 });
        return { total, id: hits[0]?.id, score: hits[0]?.score ?? 0 };
      }),
    );

  it("finds as many records, and the same first one in 98 % of searches", async () => {
    const equal: Record<string, number> = {};
    for (const [shape, createQuery] of Object.entries(SHAPES)) {
      equal[shape] = 0;
      for (let n = 0; n < QUERIES_PER_SHAPE; n++) {
        const query = createQuery();
        const [embedded, openSearch] = await firstHits(query);
        expect([query, openSearch?.total]).toEqual([query, embedded?.total]);
        if (openSearch?.id === embedded?.id) equal[shape]++;
      }
    }
    const shares = Object.values(equal).map((count) => count / QUERIES_PER_SHAPE);
    expect(shares.reduce((sum, share) => sum + share, 0) / shares.length).toBeGreaterThanOrEqual(0.98);
  }, 120_000);

  it("scores words of short fields alike, also one that is repeated", async () => {
    for (const query of [{ match: { title: "w1x" } }, { match: { title: "w1x w1x w2x" } }]) {
      const [embedded, openSearch] = await firstHits(query);
      expect(Math.abs((openSearch?.score ?? 0) / (embedded?.score ?? 1) - 1)).toBeLessThan(0.01);
    }
  });
});
