import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { openOpenSearch } from "../../adapters/search/opensearch/engine.ts";
import { openSqliteSearch } from "../../adapters/search/sqlite/engine.ts";
import type { SearchEngine } from "../../core/ports/search-engine.ts";
import { parseSearch } from "../../core/search/request.ts";
import type { Json, JsonObject } from "../../lib/json.ts";
import { splitWords } from "../../lib/text-segmentation/words.ts";
import fc from "../fast-check.ts";

/** Random documents and searches on both engines. @param start starts OpenSearch and returns its endpoint */
export const searchAgreement = (start: () => Promise<string>): void =>
  describe("SQLite and OpenSearch search engines", () => {
    let endpoint: string;
    let engines: readonly SearchEngine[];
    let runs = 0;
    const folder = mkdtempSync(join(tmpdir(), "kintoun-search-"));

    beforeAll(async () => {
      endpoint = await start();
      engines = [openSqliteSearch({ file: join(folder, "search.sqlite") }), openOpenSearch({ node: endpoint })];
    }, 180_000);
    afterAll(async () => {
      await Promise.all(engines.map((engine) => engine.close()));
      rmSync(folder, { recursive: true });
    });

    const text = fc
      .array(
        fc.constantFrom("sea", "Sea", "open", "été", "日本", "5", "true", "don't", "x-y", "Ωμ", "2024-01-01", "😀"),
        { maxLength: 3 },
      )
      .map((parts) => parts.join(" "));
    const scalar = fc.oneof(text, fc.constantFrom(5, -1, 0.5, 2024, true, false));
    const value: fc.Arbitrary<unknown> = fc.oneof(
      { weight: 4, arbitrary: scalar },
      fc.constant(null),
      fc.array(scalar, { maxLength: 3 }),
      fc.dictionary(fc.constantFrom("b", "keyword", "a.b"), scalar, { maxKeys: 2 }),
    );
    const record = fc.dictionary(fc.constantFrom("a", "b", "a.b", "__proto__"), value, { maxKeys: 3 });
    const field = fc.constantFrom("a", "b", "a.b", "a.keyword", "b.keyword", "__proto__", "a.b.keyword");
    const onField = (spec: fc.Arbitrary<unknown>) =>
      fc.tuple(field, spec).map(([name, spec]) => Object.fromEntries([[name, spec]]));
    const bounds = (bound: fc.Arbitrary<unknown>) => fc.record({ gte: bound, lt: bound }, { requiredKeys: ["gte"] });
    const query = fc.letrec<{ any: unknown }>((tie) => ({
      any: fc.oneof(
        { maxDepth: 2 },
        fc.record({
          match: onField(fc.oneof(scalar, fc.record({ query: text, operator: fc.constantFrom("and", "or") }))),
        }),
        fc.record({ match_phrase: onField(text) }),
        fc.record({ multi_match: fc.record({ query: scalar, fields: fc.constantFrom(["*"], ["a", "b^2"]) }) }),
        fc.record({ term: onField(scalar) }),
        fc.record({ terms: onField(fc.array(scalar, { maxLength: 3 })) }),
        fc.record({ prefix: onField(fc.constantFrom("s", "S", "日", "2024", "x", "sea o")) }),
        fc.record({
          range: onField(
            fc.oneof(bounds(fc.constantFrom(-5, 0, 5, 3000)), bounds(fc.constantFrom("0", "2024", "sea", "日"))),
          ),
        }),
        fc.record({ exists: fc.record({ field }) }),
        fc.record({
          bool: fc.record(
            {
              must: fc.array(tie("any"), { maxLength: 2 }),
              should: fc.array(tie("any"), { maxLength: 3 }),
              filter: tie("any"),
              must_not: tie("any"),
              minimum_should_match: fc.nat(3),
            },
            { requiredKeys: [] },
          ),
        }),
      ),
    })).any;
    const sort = fc.array(
      fc
        .tuple(field, fc.record({ order: fc.constantFrom("asc", "desc"), missing: fc.constantFrom("_first", "_last") }))
        .map(([name, spec]) => Object.fromEntries([[name, spec]])),
      { minLength: 1, maxLength: 2 },
    );
    const body = fc.record({
      query,
      sort,
      size: fc.constant(100),
      aggs: field.map((name) => ({ counts: { terms: { field: name, size: 3 } } })),
    });

    it("find the same records in the same order with the same counts", async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(record, { minLength: 1, maxLength: 20 }),
          fc.array(body, { minLength: 20, maxLength: 20 }),
          async (records, bodies) => {
            const index = `agree${runs++}`;
            const writes = records.map((document, n) => ({
              index,
              id: `r${String(n).padStart(2, "0")}`,
              version: 1,
              document: document as JsonObject,
            }));
            await Promise.all(engines.map((engine) => engine.write(writes)));
            await fetch(`${endpoint}/_refresh`, { method: "POST" });
            for (const body of bodies as Json[]) {
              const [sqlite, opensearch] = await Promise.all(
                engines.map((engine) => engine.search(index, parseSearch(body))),
              );
              expect({ body, ...opensearch }).toEqual({ body, ...sqlite });
            }
          },
        ),
        { numRuns: 30, endOnFailure: true },
      );
    }, 300_000);

    it("split text into the same words", async () => {
      const chars = fc.constantFrom(
        "ש",
        "_",
        ..."abcéßΣİ12_'\".:,;- /’·日語ひカー한กख",
        "e\u0301",
        "👍🏽",
        "🇫🇷",
        "\u200b",
        "שׁ",
        "\u00ad",
      );
      await fc.assert(
        fc.asyncProperty(
          fc.array(chars, { maxLength: 30 }).map((parts) => parts.join("")),
          async (sample) => {
            const headers = { "content-type": "application/json" };
            const response = await fetch(`${endpoint}/_analyze`, {
              method: "POST",
              headers,
              body: JSON.stringify({ analyzer: "standard", text: sample }),
            });
            const { tokens } = (await response.json()) as { tokens: { token: string }[] };
            expect({ sample, words: splitWords(sample) }).toEqual({ sample, words: tokens.map(({ token }) => token) });
          },
        ),
        { numRuns: 500 },
      );
    }, 120_000);
  });
