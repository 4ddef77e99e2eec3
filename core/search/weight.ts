import { words } from "../../lib/text-segmentation/words.ts";
import type { Clause } from "./clause.ts";
import { flaw } from "./reading.ts";

/**
 * Conditions that a search may be made of. OpenSearch takes 1024 (`indices.query.bool.max_clause_count`), counted after
 * its own rewriting: a condition on a field counts for three, since it says where, and in which kind of document.
 */
export const MOST_CLAUSES = 1000;
const ON_A_FIELD = 3;

/** How many of them a clause is, without those inside a bool. */
const weigh = (clause: Clause): number => {
  switch (clause.is) {
    case "words":
      return ON_A_FIELD + Math.max(0, words(clause.text).length - 1);
    case "word":
    case "values":
    case "between":
      return ON_A_FIELD;
    case "best":
      return clause.of.reduce((sum, one) => sum + weigh(one), 0);
    default:
      return 1;
  }
};

/** What a search's clauses weigh together; one that becomes too heavy is refused with a 400. */
export class Scales {
  #left = MOST_CLAUSES;

  add(clause: Clause, path: string): Clause {
    this.#left -= weigh(clause);
    if (this.#left < 0)
      throw flaw(
        path,
        `makes the search larger than ${MOST_CLAUSES} conditions (one on a field counts for ${ON_A_FIELD}, each further word for one)`,
      );
    return clause;
  }
}
