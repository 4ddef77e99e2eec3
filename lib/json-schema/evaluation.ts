import { isObject, type Json } from "../json.ts";
import { pythonRepr } from "../python-repr.ts";
import { getDraft } from "./drafts.ts";
import {
  BudgetExceededError,
  MAX_DEPTH,
  MAX_SCHEMA_PATTERN_INSTRUCTIONS,
  PatternError,
  SchemaError,
} from "./limits.ts";
import type { CompilePattern, Pattern } from "./pattern.ts";
import { enterSchema, type References } from "./references.ts";
import type { Evaluator, Scope, Spend, Violation } from "./types.ts";

const REFERENCE_STEPS = 5;

/** A schema that is prepared for evaluations. */
export interface PreparedSchema {
  readonly schema: Json;
  readonly references: References;
  readonly compilePattern: CompilePattern;
  /** The compiled patterns, by source. */
  readonly patterns: Map<string, Pattern>;
}

/**
 * Evaluates one instance against one schema, keyword by keyword in the schema's order, up to the first violation.
 * It counts its steps, so that no schema and no data keep it busy for long.
 */
export class Evaluation implements Evaluator {
  readonly #prepared: PreparedSchema;
  readonly #assertsRegex: boolean;
  #stepsLeft: number;
  #depth = 0;

  /**
   * @param budget in steps
   * @param options.assertsRegex whether `format: "regex"` is asserted, as in metaschemas
   */
  constructor(prepared: PreparedSchema, budget: number, { assertsRegex = false } = {}) {
    this.#prepared = prepared;
    this.#stepsLeft = budget;
    this.#assertsRegex = assertsRegex;
  }

  /** @throws SchemaError if the schema cannot be used, BudgetExceededError if it takes too many steps */
  run(instance: Json): Violation | undefined {
    const { schema, references } = this.#prepared;
    return this.#check(instance, schema, references.root);
  }

  readonly spend: Spend = (steps) => {
    this.#stepsLeft -= steps;
    if (this.#stepsLeft < 0)
      throw new BudgetExceededError("The schema costs too much to check. Make it simpler, or the data smaller.");
  };

  descend(instance: Json, schema: Json, scope: Scope, key?: string | number): Violation | undefined {
    const violation = this.#check(instance, schema, enterSchema(schema, getDraft(schema, scope.draft), scope));
    // Python's jsonschema reports what the schema `false` forbids at the value that contains it.
    if (violation !== undefined && key !== undefined && schema !== false) violation.path.unshift(key);
    return violation;
  }

  isValid(instance: Json, schema: Json, scope: Scope): boolean {
    return this.descend(instance, schema, scope) === undefined;
  }

  descendReference(instance: Json, reference: Json, scope: Scope): Violation | undefined {
    const target = this.resolve(reference, scope);
    return this.#check(instance, target.schema, target.scope);
  }

  descendRecursiveReference(instance: Json, scope: Scope): Violation | undefined {
    const target = this.resolveRecursive(scope);
    return this.#check(instance, target.schema, target.scope);
  }

  resolve(reference: Json, scope: Scope): { schema: Json; scope: Scope } {
    if (typeof reference !== "string") throw new SchemaError(`${pythonRepr(reference)} is not a reference`);
    this.spend(REFERENCE_STEPS);
    return this.#prepared.references.resolve(reference, scope, this.spend);
  }

  resolveRecursive(scope: Scope): { schema: Json; scope: Scope } {
    this.spend(REFERENCE_STEPS);
    return this.#prepared.references.resolveRecursive(scope, this.spend);
  }

  matchesPattern(pattern: Json, text: string): boolean {
    if (typeof pattern !== "string") throw new SchemaError(`${pythonRepr(pattern)} is not a regular expression`);
    try {
      const { instructions, matches } = this.#compilePattern(pattern);
      this.spend(1 + Math.ceil((text.length * (instructions + 8)) / 32));
      return matches(text);
    } catch (error) {
      if (!(error instanceof PatternError)) throw error;
      throw new SchemaError(explainPattern(pattern, error));
    }
  }

  explainFormat(format: Json, instance: Json): string | undefined {
    if (!this.#assertsRegex || format !== "regex" || typeof instance !== "string") return undefined;
    try {
      this.#compilePattern(instance);
      return undefined;
    } catch (error) {
      if (!(error instanceof PatternError)) throw error;
      return explainPattern(instance, error);
    }
  }

  #compilePattern(source: string): Pattern {
    const { patterns, compilePattern } = this.#prepared;
    const cached = patterns.get(source);
    if (cached !== undefined) return cached;
    const pattern = compilePattern(source, this.spend);
    let total = pattern.instructions;
    for (const each of patterns.values()) total += each.instructions;
    if (total > MAX_SCHEMA_PATTERN_INSTRUCTIONS)
      throw new BudgetExceededError("The schema's patterns cost too much to check. Make them simpler.");
    this.spend(patterns.size);
    patterns.set(source, pattern);
    return pattern;
  }

  /** Checks against a schema in its own scope. */
  #check(instance: Json, schema: Json, ownScope: Scope): Violation | undefined {
    this.spend(1);
    if (schema === true) return undefined;
    if (schema === false)
      return { message: () => `False schema does not allow ${pythonRepr(instance)}`, path: [], value: null };
    if (!isObject(schema)) throw new SchemaError(`${pythonRepr(schema)} is not a schema`);
    if (++this.#depth > MAX_DEPTH)
      throw new BudgetExceededError(`The schema is nested more than ${MAX_DEPTH} levels deep.`);
    const draft = getDraft(schema, ownScope.draft);
    const scope = draft === ownScope.draft ? ownScope : { ...ownScope, draft };
    const hasOnlyRef = draft.ignoresRefSiblings && Object.hasOwn(schema, "$ref") && schema.$ref !== null;
    for (const name of hasOnlyRef ? ["$ref"] : Object.keys(schema)) {
      const keyword = draft.keywords.get(name);
      if (keyword === undefined) continue;
      this.spend(1);
      const value = schema[name] as Json;
      const violation = keyword({ evaluator: this, value, instance, schema, scope });
      if (violation === undefined) continue;
      if (violation.value === undefined) violation.value = value;
      // Python's jsonschema reports these two as the keyword that they lead to.
      if (name !== "$ref" && name !== "if") violation.keyword ??= name;
      this.#depth--;
      return violation;
    }
    this.#depth--;
    return undefined;
  }
}

const explainPattern = (pattern: string, { isRegex, message }: PatternError): string =>
  isRegex
    ? `${pythonRepr(pattern)} cannot be checked in bounded time: it has ${message}`
    : `${pythonRepr(pattern)} is not a 'regex'`;
