import { boolClause, boosted, type Clause, NO_MATCH } from "../clause.ts";
import { type QueryFields, QueryLeaves } from "./leaves.ts";
import { QueryTextError, splitQueryText, type Token } from "./tokens.ts";

/** Maximum nesting of parentheses. */
const MAX_DEPTH = 20;

type Occur = "must" | "should" | "mustNot";
type Conjunction = "and" | "or" | undefined;
type Modifier = "plus" | "minus" | undefined;

interface Part {
  readonly clause: Clause;
  occur: Occur;
}

/**
 * Parses Lucene's query syntax: `title:(sea OR ocean) +year:[1970 TO 1980} -draft:true "open sea"~2 oce*`. As in Lucene,
 * `AND` and `OR` have no order of precedence: they make the clauses beside them required or optional.
 * Throws a {@link QueryTextError} for a text that does not follow the syntax.
 */
export const parseQueryText = (text: string, fields: QueryFields, operator: "or" | "and"): Clause => {
  const leaves = new QueryLeaves(fields, operator);
  const reader = new TokenReader(splitQueryText(text));
  const clause = parseParts(reader, leaves, operator, 0);
  const rest = reader.peek();
  if (rest !== undefined) throw new QueryTextError(`has a ) without ( at character ${rest.at + 1}`);
  return clause;
};

class TokenReader {
  readonly #tokens: readonly Token[];
  #next = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  peek(): Token | undefined {
    return this.#tokens[this.#next];
  }

  read(): Token | undefined {
    return this.#tokens[this.#next++];
  }

  /** Reads a token if it is of this kind. */
  take<K extends Token["is"]>(...kinds: readonly K[]): (Token & { readonly is: K }) | undefined {
    const token = this.peek();
    if (token === undefined || !(kinds as readonly string[]).includes(token.is)) return undefined;
    this.#next++;
    return token as Token & { readonly is: K };
  }
}

/** Parses clauses until the end or a closing parenthesis. */
const parseParts = (reader: TokenReader, leaves: QueryLeaves, operator: "or" | "and", depth: number): Clause => {
  if (depth > MAX_DEPTH) throw new QueryTextError(`has more than ${MAX_DEPTH} parentheses in each other`);
  const parts: Part[] = [];
  while (reader.peek() !== undefined && reader.peek()?.is !== "close") {
    const conjunction: Conjunction = reader.take("and", "or")?.is;
    const modifier = readModifier(reader);
    const clause = parsePart(reader, leaves, operator, depth);
    if (clause === undefined) continue;
    addPart(parts, clause, conjunction, modifier, operator);
  }
  return combineParts(parts);
};

/** Adds a clause, and changes the one before it, as Lucene's classic parser does. */
const addPart = (
  parts: Part[],
  clause: Clause,
  conjunction: Conjunction,
  modifier: Modifier,
  operator: "or" | "and",
): void => {
  const before = parts.at(-1);
  if (before !== undefined && before.occur !== "mustNot") {
    if (conjunction === "and") before.occur = "must";
    if (conjunction === "or" && operator === "and") before.occur = "should";
  }
  const isRequired = modifier === "plus" || conjunction === "and" || (operator === "and" && conjunction !== "or");
  parts.push({ clause, occur: modifier === "minus" ? "mustNot" : isRequired ? "must" : "should" });
};

const readModifier = (reader: TokenReader): Modifier => {
  const token = reader.take("plus", "minus", "not");
  if (token === undefined) return undefined;
  return token.is === "plus" ? "plus" : "minus";
};

const combineParts = (parts: readonly Part[]): Clause => {
  const ofKind = (occur: Occur) => parts.filter((part) => part.occur === occur).map(({ clause }) => clause);
  const [must, should, mustNot] = [ofKind("must"), ofKind("should"), ofKind("mustNot")];
  const [only] = [...must, ...should];
  if (parts.length === 0) return NO_MATCH;
  if (only !== undefined && parts.length === 1) return only;
  return boolClause({ must, should, mustNot, minimumShouldMatch: must.length === 0 && should.length > 0 ? 1 : 0 });
};

/** Parses one clause with its field and suffixes. Returns `undefined` for a word without letters, such as `&`. */
const parsePart = (
  reader: TokenReader,
  leaves: QueryLeaves,
  operator: "or" | "and",
  depth: number,
): Clause | undefined => {
  const field = reader.take("field");
  const scope = field === undefined ? leaves : leaves.inField(field.name, field.at);
  const token = reader.read();
  if (token === undefined) throw new QueryTextError("ends where a word is expected");
  switch (token.is) {
    case "open": {
      const inner = parseParts(reader, scope, operator, depth + 1);
      if (reader.take("close") === undefined)
        throw new QueryTextError(`has a ( without ) at character ${token.at + 1}`);
      return boosted(inner, readWeight(reader));
    }
    case "word": {
      const fuzzy = reader.take("fuzzy");
      return boosted(scope.word(token, fuzzy?.value), readWeight(reader));
    }
    case "phrase": {
      const slop = reader.take("fuzzy");
      return boosted(scope.phrase(token.text, slop?.value), readWeight(reader));
    }
    case "pattern":
      return boosted(scope.pattern(token.source), readWeight(reader));
    case "range":
      return boosted(scope.range(token.from, token.to), readWeight(reader));
    case "comparison": {
      const value = reader.take("word", "phrase");
      if (value === undefined) throw new QueryTextError(`has ${token.operator} without a value`);
      return boosted(scope.comparison(token.operator, value.text), readWeight(reader));
    }
    default:
      throw new QueryTextError(`has something other than a word at character ${token.at + 1}`);
  }
};

const readWeight = (reader: TokenReader): number => reader.take("weight")?.value ?? 1;
