import type { Json, JsonObject } from "../json.ts";

/** A version of JSON Schema. */
export interface Draft {
  /** The URI of its metaschema, without an empty fragment. */
  readonly uri: string;
  readonly keywords: ReadonlyMap<string, Keyword>;
  /**
   * Keywords whose value is a schema, or holds schemas in a list or by name. `items` and `dependencies` may be
   * either.
   */
  readonly subschemas: ReadonlyMap<string, "schema" | "schemas">;
  /** Whether keywords beside a `$ref` are ignored, as they are up to draft 7. */
  readonly ignoresRefSiblings: boolean;
  /** The URI that a schema gives itself. */
  readonly idOf: (schema: JsonObject) => string | undefined;
  readonly anchorsOf: (schema: JsonObject) => readonly { name: string; isDynamic: boolean }[];
}

/** The position of a schema that is being evaluated. */
export interface Scope {
  readonly draft: Draft;
  /** The base URI of relative references. */
  readonly base: string;
  /** The base URIs of the schemas that led here by reference, innermost first. */
  readonly outer: OuterScope | undefined;
}
export interface OuterScope {
  readonly base: string;
  readonly outer: OuterScope | undefined;
}

/** The first thing that is wrong with the data. */
export interface Violation {
  readonly message: () => string;
  /** Property names and array indexes from the root of the data to the value that is wrong. */
  readonly path: (string | number)[];
  /** The keyword that is not met; `undefined` for the schema `false`. */
  keyword?: string;
  /** The value that the schema gives to the keyword. */
  value?: Json;
}

/** Takes steps from the budget. @throws BudgetExceededError when none are left */
export type Spend = (steps: number) => void;

/** What keywords need of the evaluation that calls them. */
export interface Evaluator {
  readonly spend: Spend;
  /**
   * The violation of a subschema.
   *
   * @param key where the instance is in the current one; omitted if it is the same one
   */
  descend(instance: Json, schema: Json, scope: Scope, key?: string | number): Violation | undefined;
  isValid(instance: Json, schema: Json, scope: Scope): boolean;
  /** The violation of the schema that a reference leads to. */
  descendReference(instance: Json, reference: Json, scope: Scope): Violation | undefined;
  descendRecursiveReference(instance: Json, scope: Scope): Violation | undefined;
  resolve(reference: Json, scope: Scope): { schema: Json; scope: Scope };
  resolveRecursive(scope: Scope): { schema: Json; scope: Scope };
  /** Whether a pattern matches anywhere in a text. */
  matchesPattern(pattern: Json, text: string): boolean;
  /** Why an instance is not of a format that is asserted. */
  explainFormat(format: Json, instance: Json): string | undefined;
}

/** One keyword applied to one instance. */
export interface KeywordInput {
  readonly evaluator: Evaluator;
  /** The keyword's value. */
  readonly value: Json;
  readonly instance: Json;
  /** The schema that has the keyword. */
  readonly schema: JsonObject;
  readonly scope: Scope;
}

/**
 * Checks one keyword.
 *
 * @throws SchemaError for a value that the keyword cannot have and the metaschema does not refuse
 */
export type Keyword = (input: KeywordInput) => Violation | undefined;
