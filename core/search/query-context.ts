import type { Clause } from "./clause.ts";
import { searchIssue } from "./read-body.ts";
import { TypeContext } from "./type-context.ts";

/**
 * Maximum number of conditions in a search. OpenSearch's limit is 1024 (`indices.query.bool.max_clause_count`) after
 * its own rewriting. A condition on a field counts as three there: the condition, its path, and the kind of document.
 */
export const MAX_CONDITIONS = 1000;
const FIELD_CONDITIONS = 3;

/** What the clauses of one search share while they are parsed. */
export class QueryContext {
  /** Milliseconds since 1970: what `now` means in dates. */
  readonly now: number;
  readonly types: TypeContext;
  #remaining = MAX_CONDITIONS;
  #clauses = 0;

  constructor(now = Date.now(), types = new TypeContext()) {
    this.now = now;
    this.types = types;
  }

  /** Counts a clause of the body. Some have no condition, such as a text without words. Throws a 400 for too many. */
  countClause(path: string): void {
    this.#clauses++;
    if (this.#clauses > MAX_CONDITIONS)
      throw searchIssue(path, `exceeds the maximum of ${MAX_CONDITIONS} clauses. Use terms or ids with several values`);
  }

  /** Counts a clause without those inside it, and returns it. Throws a 400 if the search has too many conditions. */
  charge<T extends Clause>(clause: T, path: string): T {
    this.#remaining -= FIELD_CLAUSES.has(clause.is) ? FIELD_CONDITIONS : 1;
    if (this.#remaining < 0)
      throw searchIssue(
        path,
        `exceeds the maximum of ${MAX_CONDITIONS} conditions (each word, value or range of a field counts as ${FIELD_CONDITIONS}). Use fewer words, fields or clauses`,
      );
    return clause;
  }
}

const FIELD_CLAUSES = new Set<Clause["is"]>(["word", "phrase", "values", "between", "geo"]);
