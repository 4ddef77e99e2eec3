import { type Clause, NO_MATCH } from "./clause.ts";
import type { ClauseParser } from "./parse-compound.ts";
import { getOwn, joinPath, readObject, readString, searchIssue } from "./read-body.ts";

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

/**
 * The clauses of a search on documents of other types. Engines do not know them: a body is parsed once to find them, and
 * once more with what they stand for.
 */
export class Joins {
  readonly found: Join[] = [];
  readonly #resolved: ReadonlyMap<string, Clause>;
  #isInside = false;

  /** @param resolved the clauses on ids that the joins stand for, by path */
  constructor(resolved: ReadonlyMap<string, Clause> = new Map()) {
    this.#resolved = resolved;
  }

  /** Adds a join. Returns what it stands for, or a clause without matches before that is known. */
  add({ path, ...join }: Omit<Join, "query">, parseInner: () => Clause): Clause {
    if (this.#isInside)
      throw searchIssue(path, "is within a clause on another type. Only one of them can be inside the other's search");
    if (this.found.length === MAX_JOINS)
      throw searchIssue(path, `exceeds the maximum of ${MAX_JOINS} clauses on other types`);
    this.#isInside = true;
    const query = parseInner();
    this.#isInside = false;
    this.found.push({ ...join, path, query });
    return this.#resolved.get(path) ?? NO_MATCH;
  }
}

/** `{"has_parent": {"parent_type": "OS::Neutron::Net", "query": {…}}}`. Matches score 1. */
export const parseHasParent: ClauseParser = (value, path, context, parse) => {
  const spec = readObject(value, path, ["parent_type", "query"]);
  const type = readString(getOwn(spec, "parent_type") ?? null, joinPath(path, "parent_type"));
  return context.joins.add({ path, relation: "parent", type }, () =>
    parse(getOwn(spec, "query"), joinPath(path, "query")),
  );
};

/** `{"has_child": {"type": "OS::Neutron::Port", "query": {…}}}`. Matches score 1. */
export const parseHasChild: ClauseParser = (value, path, context, parse) => {
  const spec = readObject(value, path, ["type", "query"]);
  const type = readString(getOwn(spec, "type") ?? null, joinPath(path, "type"));
  return context.joins.add({ path, relation: "child", type }, () =>
    parse(getOwn(spec, "query"), joinPath(path, "query")),
  );
};
