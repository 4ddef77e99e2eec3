import type { Json } from "../../lib/json.ts";
import { boolClause, boosted, type Clause, NO_MATCH } from "./clause.ts";
import { allowEditsFrom, parseMinimumShouldMatch } from "./match-options.ts";
import { OPERATORS } from "./parse-match.ts";
import { inAnyField, readWeightedFields, type WeightedField } from "./parse-multi-match.ts";
import { readQueryText } from "./parse-query-string.ts";
import type { QueryContext } from "./query-context.ts";
import {
  getOwn,
  joinPath,
  readBoolean,
  readBoost,
  readChoice,
  readCount,
  readObject,
  searchIssue,
} from "./read-body.ts";
import { phraseClause, textClause } from "./word-clauses.ts";

const FLAGS = [
  "AND",
  "ESCAPE",
  "FUZZY",
  "NEAR",
  "NOT",
  "OR",
  "PHRASE",
  "PRECEDENCE",
  "PREFIX",
  "SLOP",
  "WHITESPACE",
] as const;
type Flag = (typeof FLAGS)[number];
const NO_EFFECT = ["lenient", "analyze_wildcard", "auto_generate_synonyms_phrase_query"] as const;
const OPTIONS = [
  "query",
  "fields",
  "default_operator",
  "flags",
  "minimum_should_match",
  "fuzzy_prefix_length",
  "fuzzy_max_expansions",
  "fuzzy_transpositions",
  "boost",
  ...NO_EFFECT,
];
/** Parentheses beyond it are left out. */
const MAX_DEPTH = 20;
const MAX_SLOP = 1000;

/** `{"simple_query_string": {"query": "\"open sea\" +atlas -draft oce*"}}`. Every text is valid. */
export const parseSimpleQueryString = (value: Json, path: string, context: QueryContext): Clause => {
  const spec = readObject(value, path, OPTIONS);
  const at = joinPath(path, "query");
  const text = readQueryText(getOwn(spec, "query"), at);
  for (const name of [...NO_EFFECT, "fuzzy_transpositions"])
    readBoolean(getOwn(spec, name), joinPath(path, name), true);
  readCount(getOwn(spec, "fuzzy_max_expansions"), joinPath(path, "fuzzy_max_expansions"), 0);
  const minimum = getOwn(spec, "minimum_should_match");
  const parser = new SimpleParser({
    text,
    fields: readWeightedFields(getOwn(spec, "fields"), joinPath(path, "fields")),
    operator: readChoice(getOwn(spec, "default_operator"), joinPath(path, "default_operator"), OPERATORS),
    flags: readFlags(getOwn(spec, "flags"), joinPath(path, "flags")),
    prefixLength: readCount(getOwn(spec, "fuzzy_prefix_length"), joinPath(path, "fuzzy_prefix_length"), 0),
    context,
    at,
  });
  const clause = parser.parse();
  const withMinimum =
    minimum !== undefined && clause.is === "bool" && clause.should.length > 0
      ? {
          ...clause,
          minimumShouldMatch: Math.max(
            clause.minimumShouldMatch,
            parseMinimumShouldMatch(minimum, joinPath(path, "minimum_should_match"))(clause.should.length),
          ),
        }
      : clause;
  return boosted(withMinimum, readBoost(spec, path));
};

const readFlags = (value: Json | undefined, path: string): ReadonlySet<Flag> => {
  if (value === undefined) return new Set(FLAGS);
  const names = typeof value === "string" ? value.split("|").map((name) => name.trim()) : [""];
  if (names.includes("ALL")) return new Set(FLAGS);
  const flags = names.filter((name) => name !== "NONE").map((name) => FLAGS.find((flag) => flag === name));
  const known = flags.filter((flag) => flag !== undefined);
  if (known.length < flags.length)
    throw searchIssue(path, `must be ALL, NONE, or some of these, separated by |: ${FLAGS.join(", ")}`);
  return new Set(known);
};

interface SimpleQuery {
  readonly text: string;
  readonly fields: readonly WeightedField[];
  readonly operator: "or" | "and";
  readonly flags: ReadonlySet<Flag>;
  readonly prefixLength: number;
  readonly context: QueryContext;
  readonly at: string;
}

/** A clause and how it is joined with what follows it, as in Lucene's SimpleQueryParser: from left to right. */
class SimpleParser {
  readonly #query: SimpleQuery;
  #at = 0;

  constructor(query: SimpleQuery) {
    this.#query = query;
  }

  parse(): Clause {
    let clause = this.#parseGroup(0);
    // A ) without ( is left out.
    while (this.#at < this.#query.text.length) {
      this.#at++;
      clause = join(clause, this.#parseGroup(0), this.#query.operator);
    }
    return clause ?? NO_MATCH;
  }

  #parseGroup(depth: number): Clause | undefined {
    const { text, operator, flags } = this.#query;
    let clause: Clause | undefined;
    let joiner: "and" | "or" | undefined;
    let isNegated = false;
    while (this.#at < text.length) {
      const char = text.charAt(this.#at);
      if (/\s/.test(char)) {
        this.#at++;
        isNegated = false;
        continue;
      }
      if (char === ")" && flags.has("PRECEDENCE")) {
        if (depth > 0) this.#at++;
        return clause;
      }
      if (char === "+" && flags.has("AND")) {
        joiner ??= "and";
        this.#at++;
        continue;
      }
      if (char === "|" && flags.has("OR")) {
        joiner ??= "or";
        this.#at++;
        continue;
      }
      if (char === "-" && flags.has("NOT")) {
        isNegated = !isNegated;
        this.#at++;
        continue;
      }
      const part = this.#parsePart(char, depth);
      if (part !== undefined)
        clause = join(clause, isNegated ? boolClause({ mustNot: [part] }) : part, joiner ?? operator);
      joiner = undefined;
      isNegated = false;
    }
    return clause;
  }

  #parsePart(char: string, depth: number): Clause | undefined {
    const { flags } = this.#query;
    if (char === "(" && flags.has("PRECEDENCE")) {
      this.#at++;
      return depth < MAX_DEPTH ? this.#parseGroup(depth + 1) : undefined;
    }
    if (char === '"' && flags.has("PHRASE")) {
      const phrase = this.#match(/"((?:\\[\s\S]|[^"\\])*)"/y);
      if (phrase !== undefined) {
        const slop = flags.has("SLOP") || flags.has("NEAR") ? Number(this.#match(/~(\d{1,4})/y)?.[1] ?? 0) : 0;
        const options = { slop: Math.min(MAX_SLOP, slop), lastIsPrefix: false };
        return this.#inFields((name, site) => phraseClause(name, unescapeText(phrase[1] ?? ""), options, site));
      }
      this.#at++;
      return undefined;
    }
    return this.#parseWord();
  }

  #parseWord(): Clause | undefined {
    const { flags, operator, prefixLength } = this.#query;
    const raw = this.#match(/(?:\\[\s\S]|[^\s"()|+\\])+/y)?.[0];
    if (raw === undefined) {
      this.#at++;
      return undefined;
    }
    const fuzzy = flags.has("FUZZY") ? /^((?:\\[\s\S]|[^\\])+)~(\d{0,2})$/.exec(raw) : null;
    if (fuzzy !== null) {
      const edits = Math.min(2, Number(fuzzy[2]));
      const options = {
        edits: fuzzy[2] === "" ? allowEditsFrom(3, 6) : () => (edits === 0 ? 0 : edits === 1 ? 1 : 2),
        prefixLength,
      } as const;
      return this.#inFields((name, site) =>
        textClause(name, unescapeText(fuzzy[1] ?? ""), { operator, fuzzy: options }, site),
      );
    }
    const lastIsPrefix = flags.has("PREFIX") && /[^\\]\*$/.test(raw);
    const text = unescapeText(lastIsPrefix ? raw.slice(0, -1) : raw);
    return this.#inFields((name, site) => textClause(name, text, { operator, lastIsPrefix }, site));
  }

  #match(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#query.text) ?? undefined;
    if (found !== undefined) this.#at += found[0].length;
    return found;
  }

  /** `undefined` if the text has no words. */
  #inFields(
    clause: (name: string, site: { readonly context: QueryContext; readonly at: string }) => Clause,
  ): Clause | undefined {
    const { fields, context, at } = this.#query;
    const found = inAnyField(fields, ({ name }) => clause(name, { context, at }));
    return found.is === "none" ? undefined : found;
  }
}

/** Joins a clause with those before it. Those of one operator are in one bool. */
const join = (before: Clause | undefined, clause: Clause | undefined, operator: "or" | "and"): Clause | undefined => {
  if (before === undefined || clause === undefined) return before ?? clause;
  const clauses = [...partsOf(before, operator), clause];
  return operator === "or" ? boolClause({ should: clauses, minimumShouldMatch: 1 }) : boolClause({ must: clauses });
};

/** The clauses of a bool that joins them by this operator only, otherwise the clause itself. */
const partsOf = (clause: Clause, operator: "or" | "and"): readonly Clause[] => {
  if (clause.is !== "bool" || clause.mustNot.length > 0 || clause.filter.length > 0) return [clause];
  const { must, should, minimumShouldMatch } = clause;
  if (operator === "and") return should.length === 0 && must.length > 0 ? must : [clause];
  return must.length === 0 && should.length > 0 && minimumShouldMatch === 1 ? should : [clause];
};

const unescapeText = (text: string): string => text.replace(/\\([\s\S])/g, "$1");
