import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { Failure } from "../../core/errors.ts";
import type { Json, JsonObject } from "../../lib/json.ts";
import { withoutRevisions } from "../contracts/compare-hits.ts";
import { type FilledCollection, type OpenedSearch, openNaiveCollections } from "../contracts/open-search.ts";
import fc from "../fast-check.ts";
import { RANDOM_METADATA, randomBodies, randomRecords } from "./search-bodies.ts";

const TIMEOUT_MS = 300_000;

/** What is compared: ids in their order, sort values, totals and aggregations; or that the search is refused. */
const answerOf = async (
  collection: FilledCollection,
  body: Json,
  readable: readonly string[] | undefined,
): Promise<Json> => {
  try {
    const { total, hits, aggregations } = await collection.search(body, readable);
    return withoutRevisions({
      total,
      hits: hits.map(({ id, sort = [] }) => ({ id, sort: [...sort] })),
      aggregations: { ...aggregations } as JsonObject,
    });
  } catch (error) {
    if (error instanceof Failure && error.kind === "INVALID_PARAMETERS") return "refused";
    throw error;
  }
};

/** Compares an engine with the reference on random records and searches. @param runs number of collections */
export const searchProperties = (name: string, open: () => Promise<OpenedSearch>, runs: number): void => {
  describe(`random searches of ${name}`, () => {
    let opened: OpenedSearch;
    beforeAll(async () => {
      opened = await open();
    }, TIMEOUT_MS);
    afterAll(() => opened[Symbol.asyncDispose](), TIMEOUT_MS);

    it(
      "find what the reference finds among the records that the user may read",
      async () => {
        const naive = await openNaiveCollections();
        await fc.assert(
          fc.asyncProperty(
            randomRecords,
            fc.array(randomBodies, { minLength: 25, maxLength: 25 }),
            fc.option(fc.array(fc.boolean(), { minLength: 1, maxLength: 5 }), { nil: undefined }),
            async (records, bodies, sharing) => {
              // The reference does not have the other records at all.
              const readable = sharing && Object.keys(records).filter((_, n) => sharing[n % sharing.length]);
              const [found, wanted] = await Promise.all([
                opened.fill(records, RANDOM_METADATA),
                naive.fill(records, RANDOM_METADATA),
              ]);
              for (const body of bodies)
                expect({ body, readable, answer: await answerOf(found, body, readable) }).toEqual({
                  body,
                  readable,
                  answer: await answerOf(wanted, body, readable),
                });
            },
          ),
          { numRuns: runs, endOnFailure: true, includeErrorInReport: true },
        );
      },
      TIMEOUT_MS,
    );
  });
};
