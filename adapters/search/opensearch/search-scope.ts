import { createHash } from "node:crypto";
import type { IndexVariant, SearchedIndex } from "../../../core/ports/search-engine.ts";
import type { Generation } from "../../../core/resources.ts";
import type { JsonObject } from "../../../lib/json.ts";
import { toAlias } from "./index-template.ts";
import { type EngineContext, typeOf } from "./list-state.ts";
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
  /** See {@link toGroup}. */
  readonly groups: readonly string[];
  readonly generations: readonly Generation[];
  /** Identifies the groups. */
  readonly name: string;
}

/** Maximum number of generations whose shards are named. */
const MAX_ROUTINGS = 50;

/** The value of `g` for the documents of a generation. Those of administrators are apart from those of all users. */
export const toGroup = (generation: Generation, variant: IndexVariant | undefined): string =>
  variant === undefined ? generation : `${generation}.${variant}`;

/** `_id` of a record's document. */
export const toDocumentId = (group: string, id: string): string => `${group}:${id}`;

/** Describes what a search looks at. Every query is limited to it. */
export const toSearchScope = (
  context: Pick<EngineContext, "types">,
  indexes: readonly SearchedIndex[],
): SearchScope => {
  const types = new Set(indexes.map(({ list }) => typeOf(context, list)));
  const groups = [...new Set(indexes.map(groupOf))];
  const generations = new Set(indexes.map(({ generation }) => generation));
  // Tombstones and positions have no id.
  const exists: JsonObject = { exists: { field: "id" } };
  const whole = indexes.filter(({ readable, filter }) => readable === undefined && filter === undefined);
  const limited = indexes.filter((index) => !whole.includes(index));
  return {
    target: [...types].map(toAlias).join(),
    routing: generations.size <= MAX_ROUTINGS ? [...generations].join() : undefined,
    documents: { bool: { filter: [exists, { terms: { g: groups } }] } },
    visible: {
      bool: {
        filter: [exists],
        should: [{ terms: { g: whole.map(groupOf) } }, ...limited.map(toLimitedQuery)],
        minimum_should_match: 1,
      },
    },
    groups,
    generations: [...generations],
    name: createHash("sha256").update(groups.join()).digest("hex"),
  };
};

export const groupOf = ({ generation, variant }: Pick<SearchedIndex, "generation" | "variant">): string =>
  toGroup(generation, variant);

const toLimitedQuery = ({ readable, filter, ...index }: SearchedIndex): JsonObject => ({
  bool: {
    filter: [
      { term: { g: groupOf(index) } },
      ...(readable === undefined ? [] : [{ terms: { id: [...readable] } }]),
      ...(filter === undefined ? [] : [toQuery(filter, { level: "", weigh: () => NO_WEIGHT })]),
    ],
  },
});
