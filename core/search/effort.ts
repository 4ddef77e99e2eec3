import { flaw } from "./reading.ts";

/** Clauses, further words and values that one search may be made of: OpenSearch's `indices.query.bool.max_clause_count`. */
export const MOST_CLAUSES = 1024;

/** What a search's clauses cost together; one that asks for too much is refused with a 400. */
export class Effort {
  #left = MOST_CLAUSES;

  spend(count: number, path: string): void {
    this.#left -= count;
    if (this.#left < 0) throw flaw(path, `makes the search larger than ${MOST_CLAUSES} clauses, words and values`);
  }
}
