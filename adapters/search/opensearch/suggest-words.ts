import type { SuggestedWords, Suggester, TermSuggester } from "../../../core/search/suggest.ts";
import type { JsonObject } from "../../../lib/json.ts";
import { countEdits } from "../../../lib/util/edit-distance.ts";
import { rankSuggestions } from "../sqlite/suggest-words.ts";
import { toWordFilter } from "./query.ts";

/** Maximum number of words of the matching records that are compared with a word. */
const MAX_CANDIDATES = 1000;

/** The answer to a search for similar words. */
export interface SuggestAnswer {
  readonly aggregations?: {
    readonly leaves: {
      readonly field: {
        readonly words: { readonly buckets: readonly { readonly key: string; readonly doc_count: number }[] };
      };
    };
  };
}

/** The searches that find similar words, and what their answers mean. */
export interface WordSuggestions {
  readonly bodies: readonly JsonObject[];
  /** Returns the suggestions by the names of suggesters. @param answers those to the searches, in their order */
  readonly toSuggestions: (answers: readonly SuggestAnswer[]) => Readonly<Record<string, SuggestedWords>>;
}

/**
 * Plans the suggestions for words. OpenSearch's own suggesters would suggest words of collections that are not searched.
 * @param visible what the documents that the user finds match
 */
export const suggestWords = (suggesters: readonly Suggester[], visible: JsonObject): WordSuggestions => {
  const terms = suggesters.filter((suggester) => suggester.is === "term");
  const asked = terms.flatMap((suggester) =>
    suggester.words.flatMap(({ word }) => ([...word].length < suggester.minWordLength ? [] : [{ suggester, word }])),
  );
  return {
    bodies: asked.map(({ suggester, word }) => toBody(suggester, word, visible)),
    toSuggestions: (answers) => {
      const counts = asked.map(({ suggester, word }, index) => countSimilar(suggester, word, answers[index]));
      const suggest = (suggester: TermSuggester, word: string) => {
        const found = counts[asked.findIndex((one) => one.suggester === suggester && one.word === word)];
        return found === undefined ? [] : rankSuggestions(suggester, word, found);
      };
      return Object.fromEntries(
        terms.map((suggester) => [suggester.name, suggester.words.map(({ word }) => suggest(suggester, word))]),
      );
    },
  };
};

const toBody = ({ path, edits, prefixLength }: TermSuggester, word: string, visible: JsonObject): JsonObject => {
  const match = { how: "fuzzy", word, edits, prefixLength } as const;
  const prefix = [...word].slice(0, prefixLength).join("");
  const include = prefix === "" ? {} : { include: `${prefix.replace(/[^\p{L}\p{N}]/gu, "\\$&")}.*` };
  return {
    size: 0,
    query: { bool: { filter: [visible, toWordFilter({ is: "word", path, match, scored: false })] } },
    aggs: {
      leaves: {
        nested: { path: "leaf" },
        aggs: {
          field: {
            filter: { term: { "leaf.p": path } },
            aggs: { words: { terms: { field: "leaf.k", size: MAX_CANDIDATES, ...include } } },
          },
        },
      },
    },
  };
};

/** The numbers of records by the words that are similar to a word, the word itself included. */
const countSimilar = (
  { edits }: TermSuggester,
  word: string,
  answer: SuggestAnswer | undefined,
): ReadonlyMap<string, number> => {
  const letters = [...word];
  const buckets = answer?.aggregations?.leaves.field.words.buckets ?? [];
  return new Map(
    buckets
      .filter(({ key }) => countEdits(letters, [...key], edits) !== undefined)
      .map(({ key, doc_count }) => [key, doc_count]),
  );
};
