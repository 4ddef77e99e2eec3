import type { Clause } from "./clause.ts";

/**
 * A query whose scores depend on nothing but the matching record. Words and phrases are otherwise scored by their frequency
 * in all records, also in those that the user may not read.
 */
export const withoutStatistics = (clause: Clause): Clause => {
  const convertAll = (clauses: readonly Clause[]) => clauses.map(withoutStatistics);
  switch (clause.is) {
    case "word":
      return { ...clause, scored: false };
    case "phrase":
      return { is: "constant", query: clause, score: clause.words.length };
    case "best":
      return { ...clause, of: convertAll(clause.of) };
    case "bool":
      return { ...clause, must: convertAll(clause.must), should: convertAll(clause.should) };
    case "nested":
    case "boost":
      return { ...clause, query: withoutStatistics(clause.query) };
    case "demoting":
      return { ...clause, positive: withoutStatistics(clause.positive) };
    default:
      return clause;
  }
};
