import { createHash } from "node:crypto";
import type { SearchedIndex } from "../../../core/ports/search-engine.ts";
import type { JsonObject } from "../../../lib/json.ts";
import { toAlias } from "./index-template.ts";
import { NO_WEIGHT, toQuery } from "./query.ts";

/** What is searched, in OpenSearch's terms. */
export interface SearchScope {
  /** Names of the indexes, separated by commas. */
  readonly target: string;
  /** Where the generations are; `undefined` when there are too many to name. */
  readonly routing: string | undefined;
  /** What the documents of all generations match. */
  readonly documents: JsonObject;
  /** What the documents that the user finds match. */
  readonly visible: JsonObject;
  readonly generations: readonly string[];
  /** Identifies the generations. */
  readonly name: string;
}

/** Maximum number of generations whose shards are named. */
const MAX_ROUTINGS = 50;

/** `_id` of a record's document. */
export const toDocumentId = (generation: string, id: string): string => `${generation}:${id}`;

/** Describes what a search looks at. Every query is limited to it. */
export const toSearchScope = (indexes: readonly SearchedIndex[]): SearchScope => {
  const types = new Set(indexes.map(({ list }) => list.resource.name));
  const generations = [...new Set(indexes.map(({ generation }) => generation))];
  // Tombstones and positions have no id.
  const exists: JsonObject = { exists: { field: "id" } };
  const whole = indexes.filter(({ readable, filter }) => readable === undefined && filter === undefined);
  const limited = indexes.filter((index) => !whole.includes(index));
  return {
    target: [...types].map(toAlias).join(),
    routing: generations.length <= MAX_ROUTINGS ? generations.join() : undefined,
    documents: { bool: { filter: [exists, { terms: { g: generations } }] } },
    visible: {
      bool: {
        filter: [exists],
        should: [{ terms: { g: whole.map(({ generation }) => generation) } }, ...limited.map(toLimitedQuery)],
        minimum_should_match: 1,
      },
    },
    generations,
    name: createHash("sha256").update(generations.join()).digest("base64url"),
  };
};

const toLimitedQuery = ({ generation, readable, filter }: SearchedIndex): JsonObject => ({
  bool: {
    filter: [
      { term: { g: generation } },
      ...(readable === undefined ? [] : [{ terms: { id: [...readable] } }]),
      ...(filter === undefined ? [] : [toQuery(filter, { level: "", weigh: () => NO_WEIGHT })]),
    ],
  },
});
