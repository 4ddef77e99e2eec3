import { type Clause, NO_MATCH } from "./clause.ts";
import type { KeywordUse } from "./fields.ts";
import { searchIssue } from "./read-body.ts";
import type { FieldType } from "./settings-schema.ts";

/** Maximum number of `has_parent` and `has_child` clauses of one search: each is a search of its own. */
const MAX_JOINS = 8;

/** A clause on documents of another type. */
export interface Join {
  /** The path of the clause in the body. */
  readonly path: string;
  /** Whether the other documents are the parents or the children of those that are searched. */
  readonly relation: "parent" | "child";
  readonly type: string;
  readonly query: Clause;
}

/** The fields that a type declares, by path. */
type DeclaredFields = Readonly<Record<string, FieldType>>;

interface TypeContextOptions {
  /** The fields that the searched types declare. */
  readonly searched?: readonly DeclaredFields[];
  /** Returns the fields that another type declares. */
  readonly fieldsOf?: (type: string) => DeclaredFields | undefined;
  /** The clauses on ids that the joins stand for, by path. */
  readonly resolved?: ReadonlyMap<string, Clause>;
}

/**
 * What is known of types while a body is parsed. Engines do not know clauses on documents of other types: a body is
 * parsed once to find them, and once more with what they stand for.
 */
export class TypeContext {
  readonly joins: Join[] = [];
  readonly #options: TypeContextOptions;
  #searched: readonly DeclaredFields[];
  #isInside = false;

  constructor(options: TypeContextOptions = {}) {
    this.#options = options;
    this.#searched = options.searched ?? [];
  }

  readonly keywordUse = (path: string): KeywordUse => {
    const count = this.#searched.filter((fields) => Object.hasOwn(fields, path) && fields[path] === "keyword").length;
    if (count === 0) return "none";
    return count === this.#searched.length ? "all" : "some";
  };

  /** Adds a join. Returns what it stands for, or a clause without matches before that is known. */
  addJoin({ path, ...join }: Omit<Join, "query">, parseInner: () => Clause): Clause {
    if (this.#isInside)
      throw searchIssue(path, "is within a clause on another type. Only one of them can be inside the other's search");
    if (this.joins.length === MAX_JOINS)
      throw searchIssue(path, `exceeds the maximum of ${MAX_JOINS} clauses on other types`);
    const outside = this.#searched;
    this.#isInside = true;
    this.#searched = [this.#options.fieldsOf?.(join.type) ?? {}];
    const query = parseInner();
    this.#isInside = false;
    this.#searched = outside;
    this.joins.push({ ...join, path, query });
    return this.#options.resolved?.get(path) ?? NO_MATCH;
  }
}
