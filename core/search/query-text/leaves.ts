import { splitIntoWords } from "../analysis/words.ts";
import { type Clause, NO_MATCH } from "../clause.ts";
import { allowEditsFrom, type FuzzyOptions } from "../match-options.ts";
import { inAnyField, type WeightedField } from "../parse-multi-match.ts";
import { regexpClause, wildcardClause } from "../parse-pattern.ts";
import { type DateOptions, rangeClause } from "../parse-range.ts";
import { existsClause } from "../parse-term.ts";
import type { QueryContext } from "../query-context.ts";
import { checkFieldOrAll, searchIssue } from "../read-body.ts";
import { type ClauseSite, combineWords, fuzzyWordClause, phraseClause, textClause } from "../word-clauses.ts";
import type { RangeEnd, Token } from "./tokens.ts";

/** The fields that a text without the name of a field is about, and how it is matched. */
export interface QueryFields {
  readonly fields: readonly WeightedField[];
  readonly context: QueryContext;
  /** The place of the text in the body. */
  readonly at: string;
  readonly prefixLength: number;
  readonly phraseSlop: number;
  readonly dates: Pick<DateOptions, "zone">;
}

const MAX_SLOP = 1000;

/** Makes the clauses of single words, phrases, patterns and ranges. */
export class QueryLeaves {
  readonly #query: QueryFields;
  readonly #operator: "or" | "and";
  /** Whether the text names the field. */
  readonly #isNamed: boolean;

  constructor(query: QueryFields, operator: "or" | "and", isNamed = false) {
    this.#query = query;
    this.#operator = operator;
    this.#isNamed = isNamed;
  }

  /** The clauses of a field that the text names. @param at position in the text */
  inField(name: string, at: number): QueryLeaves {
    const path = this.#query.at;
    if (name === EXISTS)
      return new QueryLeaves({ ...this.#query, fields: [{ name, weight: 1, at: path }] }, "or", true);
    const issue = `${path} at character ${at + 1}`;
    const field = checkFieldOrAll(name, issue);
    return new QueryLeaves({ ...this.#query, fields: [{ name: field, weight: 1, at: path }] }, this.#operator, true);
  }

  word({ text, raw, hasWildcard }: Extract<Token, { is: "word" }>, fuzziness: string | undefined): Clause {
    const site = this.#site;
    const [only] = this.#query.fields;
    if (only?.name === EXISTS) return existsClause(text, site);
    if (raw === "*")
      return this.#isNamed && only !== undefined && only.name !== "*" ? existsClause(only.name, site) : ALL;
    if (hasWildcard) return this.#inFields((name) => wildcardClause(name, raw, true, site));
    if (fuzziness !== undefined) return this.#fuzzyWord(text, fuzziness);
    return this.#inFields((name) => textClause(name, text, { operator: this.#operator }, site));
  }

  phrase(text: string, slop: string | undefined): Clause {
    const number = slop === undefined || slop === "" ? this.#query.phraseSlop : Math.trunc(Number(slop));
    const options = { slop: Math.min(MAX_SLOP, number), lastIsPrefix: false };
    return this.#inFields((name) => phraseClause(name, text, options, this.#site));
  }

  pattern(source: string): Clause {
    return this.#inFields((name) => regexpClause(name, source, true, this.#site));
  }

  range(from: RangeEnd, to: RangeEnd): Clause {
    if (from.value === undefined && to.value === undefined)
      return this.#inFields((name) => (name === "*" ? ALL : existsClause(name, this.#site)));
    const limits = new Map<"gt" | "gte" | "lt" | "lte", string | number>();
    if (from.value !== undefined) limits.set(from.inclusive ? "gte" : "gt", from.value);
    if (to.value !== undefined) limits.set(to.inclusive ? "lte" : "lt", to.value);
    return this.#inFields((name) => {
      if (name === "*")
        throw searchIssue(
          this.#query.at,
          "has a range without a field. Write the field before it: year:[1970 TO 1980]",
        );
      return rangeClause(name, limits, { ...this.#query.dates, isRequired: false }, this.#site);
    });
  }

  comparison(operator: ">" | ">=" | "<" | "<=", value: string): Clause {
    const end = { value, inclusive: operator.endsWith("=") };
    const open = { value: undefined, inclusive: true };
    return operator.startsWith(">") ? this.range(end, open) : this.range(open, end);
  }

  #fuzzyWord(text: string, fuzziness: string): Clause {
    const edits = fuzziness === "1" || fuzziness === "2" ? Number(fuzziness) : undefined;
    const fuzzy: FuzzyOptions = {
      edits: edits === undefined ? allowEditsFrom(3, 6) : () => (edits === 1 ? 1 : 2),
      prefixLength: this.#query.prefixLength,
    };
    const words = splitIntoWords(text);
    if (words.length === 0) return NO_MATCH;
    return this.#inFields((name) =>
      combineWords(
        words.map((word) => fuzzyWordClause(name === "*" ? null : name, word, fuzzy, this.#site)),
        { operator: "and" },
      ),
    );
  }

  get #site(): ClauseSite {
    return { context: this.#query.context, at: this.#query.at };
  }

  #inFields(clause: (name: string) => Clause): Clause {
    return inAnyField(this.#query.fields, ({ name }) => clause(name));
  }
}

const ALL: Clause = { is: "all" };
/** The name that stands for "has the field" in Lucene's syntax: `_exists_:title`. */
const EXISTS = "_exists_";
