import { type Clause, innerClauses } from "../../../core/search/clause.ts";
import type { JsonObject } from "../../../lib/json.ts";
import { type QueryScope, toWordFilter } from "./query.ts";
import { toAverageScore, toRarity, toWeight } from "./word-score.ts";

type WordClause = Extract<Clause, { is: "word" | "phrase" }>;

/** Maximum number of different words of a search that are counted. Others count as words of one document. */
const MAX_COUNTED_WORDS = 64;
const DEFAULT_LENGTH = 10;
/** Maximum number of documents of a shard whose average length is computed. */
const MAX_SAMPLED_DOCUMENTS = 10_000;
/** The average length of a field changes slowly. */
const MAX_LENGTH_AGE_MS = 10 * 60 * 1000;
const MAX_KNOWN_LENGTHS = 1000;

/** The answer to one of several searches. */
export interface CountAnswer {
  readonly hits: { readonly total?: { readonly value: number } };
  readonly aggregations?: {
    readonly leaves: {
      readonly field: { readonly lengths: { readonly value: number }; readonly fields: { readonly value: number } };
    };
  };
}

/** The searches that count words, and what their answers mean. */
export interface WordCount {
  readonly bodies: readonly JsonObject[];
  /** Returns what each scored word counts. @param answers those to the searches, in their order */
  readonly toWeigh: (answers: readonly CountAnswer[]) => QueryScope["weigh"];
}

/** Counts how often the words of searches occur in what is searched. Keeps average lengths of fields for some minutes. */
export const createWordCounter = (now: () => number = Date.now) => {
  const lengths = new Map<string, { readonly at: number; readonly length: number }>();

  const lengthOf = (key: string): number | undefined => {
    const found = lengths.get(key);
    return found !== undefined && now() - found.at < MAX_LENGTH_AGE_MS ? found.length : undefined;
  };
  const keepLength = (key: string, length: number): void => {
    lengths.delete(key);
    lengths.set(key, { at: now(), length });
    for (const [oldest] of lengths) if (lengths.size > MAX_KNOWN_LENGTHS) lengths.delete(oldest);
  };

  /**
   * Plans to count the scored words of a query. Words within `nested` are counted in the records as a whole.
   * @param scope what is searched, without the query
   * @param name identifies the scope
   */
  return (query: Clause, scope: JsonObject, name: string): WordCount => {
    const words = collectWords(query);
    const fields = new Set([...words.values()].map(({ path }) => path));
    const unknown = [...fields].filter((path) => lengthOf(fieldKey(name, path)) === undefined);
    const bodies = [
      ...[...words.values()].map((clause) => countBody(scope, toWordFilter(clause))),
      ...[...fields].map((path) => countBody(scope, fieldFilter(path))),
      ...unknown.map((path) => lengthBody(scope, path)),
    ];
    const toWeigh = (answers: readonly CountAnswer[]): QueryScope["weigh"] => {
      const countAt = (index: number) => answers[index]?.hits.total?.value ?? 0;
      const matches = new Map([...words.keys()].map((key, index) => [key, countAt(index)]));
      const documents = new Map([...fields].map((path, index) => [path, countAt(words.size + index)]));
      for (const [index, path] of unknown.entries()) {
        const field = answers[words.size + fields.size + index]?.aggregations?.leaves.field;
        keepLength(fieldKey(name, path), (field?.lengths.value ?? 0) / Math.max(1, field?.fields.value ?? 0));
      }
      const rarityOf = (clause: WordClause): number =>
        toRarity({ documents: documents.get(clause.path) ?? 10, matches: matches.get(wordKey(clause)) ?? 1 });
      return (clause) => {
        const length = lengthOf(fieldKey(name, clause.path)) ?? DEFAULT_LENGTH;
        if (clause.is === "word")
          return { exact: toWeight(rarityOf(clause), length), average: toAverageScore(rarityOf(clause)) };
        // As rare as its words together. OpenSearch adds the weight for each word.
        const words = phraseWords(clause);
        const rarity = [...words, ...(clause.lastIsPrefix ? [clause] : [])].reduce(
          (sum, word) => sum + rarityOf(word),
          0,
        );
        return { exact: toWeight(rarity / clause.words.length, length), average: toAverageScore(rarity) };
      };
    };
    return { bodies, toWeigh };
  };
};

/** Plans the counts of a query's words. */
export type CountWords = ReturnType<typeof createWordCounter>;

/** The scored words and phrases of a query, and the words of phrases, by what they match. */
const collectWords = (query: Clause): ReadonlyMap<string, WordClause> => {
  const words = new Map<string, WordClause>();
  const add = (clause: WordClause) => {
    if (words.size < MAX_COUNTED_WORDS) words.set(wordKey(clause), clause);
  };
  const visit = (clause: Clause): void => {
    if (clause.is === "constant") return;
    if (clause.is === "word" && clause.scored) add(clause);
    if (clause.is === "phrase") for (const word of phraseWords(clause)) add(word);
    if (clause.is === "phrase" && clause.lastIsPrefix) add(clause);
    for (const inner of innerClauses(clause)) visit(inner);
  };
  visit(query);
  return words;
};

/** The words of a phrase that are matched as a whole. */
const phraseWords = ({ path, words, lastIsPrefix }: Extract<Clause, { is: "phrase" }>): readonly WordClause[] =>
  (lastIsPrefix ? words.slice(0, -1) : words).map((word) => ({
    is: "word",
    path,
    match: { how: "word", word },
    scored: true,
  }));

const wordKey = (clause: WordClause): string =>
  JSON.stringify([clause.path, clause.is === "word" ? clause.match : [clause.words, clause.slop, clause.lastIsPrefix]]);

const fieldKey = (name: string, path: string | null): string => JSON.stringify([name, path]);

const countBody = (scope: JsonObject, filter: JsonObject): JsonObject => ({
  size: 0,
  track_total_hits: true,
  query: { bool: { filter: [scope, filter] } },
});

/** Documents that have words in the field. */
const fieldFilter = (path: string | null): JsonObject => ({ nested: { path: "leaf", query: leafFilter(path) } });

const leafFilter = (path: string | null): JsonObject => ({
  bool: { filter: [{ exists: { field: "leaf.w" } }, ...(path === null ? [] : [{ term: { "leaf.p": path } }])] },
});

/** The average number of words of the field in a sample. */
const lengthBody = (scope: JsonObject, path: string | null): JsonObject => ({
  size: 0,
  terminate_after: MAX_SAMPLED_DOCUMENTS,
  query: { bool: { filter: [scope, fieldFilter(path)] } },
  aggs: {
    leaves: {
      nested: { path: "leaf" },
      aggs: {
        field: {
          filter: leafFilter(path),
          aggs: { lengths: { sum: { field: "leaf.w" } }, fields: { value_count: { field: "leaf.w" } } },
        },
      },
    },
  },
});
