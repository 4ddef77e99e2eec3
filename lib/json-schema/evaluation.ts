import { isObject, type Json, type JsonObject } from "../json.ts";
import { pythonRepr } from "../python-repr.ts";
import { draftOf } from "./drafts.ts";
import { BudgetExceededError, SchemaError } from "./errors.ts";
import { type CompilePattern, type Pattern, PatternError } from "./pattern.ts";
import { type References, type Scope, within } from "./references.ts";

/** Steps that one evaluation may take: a keyword, an element or a property is one, which takes about half a microsecond. */
const MOST_STEPS = 400_000;
/** Steps that following a reference takes. */
const REFERENCE = 5;
/** Schemas that may be under way within each other: more than data of a hundred levels needs, and less than the call stack holds. */
const DEEPEST = 500;
/** Instructions of all of a schema's patterns. */
const LARGEST_PATTERNS = 50_000;

/** The first thing that is wrong with the data. */
export interface Violation {
  readonly message: () => string;
  /** The last step of the way to the value that is wrong, if it is not the whole of the data. */
  place?: string | number;
  /** The keyword that was not met, and what the schema gives for it. */
  keyword?: string;
  value?: Json;
}

/** A schema made ready to be evaluated many times. */
export interface Compiled {
  readonly schema: Json;
  readonly references: References;
  readonly compilePattern: CompilePattern;
  readonly patterns: Map<string, Pattern>;
}

/**
 * Checks one instance against one schema, keyword after keyword in the schema's order, up to the first violation. Counts what it
 * does, and throws a {@link SchemaError} when that is too much: no schema and no data keep it busy for long.
 */
export class Evaluation {
  readonly #compiled: Compiled;
  readonly #formats: boolean;
  #steps = MOST_STEPS;
  #depth = 0;

  /** `formats`: whether `format: regex` is asserted, as it is in metaschemas. */
  constructor(compiled: Compiled, { formats = false } = {}) {
    this.#compiled = compiled;
    this.#formats = formats;
  }

  run(instance: Json): Violation | undefined {
    const { schema, references } = this.#compiled;
    return this.#check(instance, schema, references.root);
  }

  readonly spend = (steps: number): void => {
    this.#steps -= steps;
    if (this.#steps < 0)
      throw new BudgetExceededError("The schema costs too much to check. Make it simpler, or the data smaller.");
  };

  /** The violation of a schema that stands within the current one; `place` is where its instance stands within the current one. */
  descend(instance: Json, schema: Json, at: Scope, place?: string | number): Violation | undefined {
    const violation = this.#check(instance, schema, within(schema, draftOf(schema, at.draft), at));
    // Kinto does not say where what a `false` schema forbids stands.
    if (violation !== undefined && place !== undefined && schema !== false) violation.place ??= place;
    return violation;
  }

  isValid(instance: Json, schema: Json, at: Scope): boolean {
    return this.descend(instance, schema, at) === undefined;
  }

  refer(instance: Json, reference: Json, at: Scope): Violation | undefined {
    const { schema, scope } = this.find(reference, at);
    return this.#check(instance, schema, scope);
  }

  referRecursively(instance: Json, at: Scope): Violation | undefined {
    const { schema, scope } = this.findRecursive(at);
    return this.#check(instance, schema, scope);
  }

  find(reference: Json, at: Scope): { schema: Json; scope: Scope } {
    if (typeof reference !== "string") throw new SchemaError(`${pythonRepr(reference)} is no reference`);
    this.spend(REFERENCE);
    return this.#compiled.references.find(reference, at, this.spend);
  }

  findRecursive(at: Scope): { schema: Json; scope: Scope } {
    this.spend(REFERENCE);
    return this.#compiled.references.findRecursive(at, this.spend);
  }

  /** Whether a pattern occurs in a text. */
  occurs(pattern: Json, text: string): boolean {
    if (typeof pattern !== "string") throw new SchemaError(`${pythonRepr(pattern)} is no regular expression`);
    try {
      const { size, occursIn } = this.#pattern(pattern);
      this.spend(1 + Math.ceil((text.length * (size + 8)) / 32));
      return occursIn(text);
    } catch (error) {
      if (!(error instanceof PatternError)) throw error;
      throw new SchemaError(error.isRegex ? cannotRun(pattern, error) : `${pythonRepr(pattern)} is not a 'regex'`);
    }
  }

  /** What is wrong with a value of this format, as far as formats are asserted. */
  formatFlaw(format: Json, instance: Json): string | undefined {
    if (!this.#formats || format !== "regex" || typeof instance !== "string") return undefined;
    try {
      this.#pattern(instance);
      return undefined;
    } catch (error) {
      if (!(error instanceof PatternError)) throw error;
      return error.isRegex ? cannotRun(instance, error) : `${pythonRepr(instance)} is not a 'regex'`;
    }
  }

  #pattern(source: string): Pattern {
    const { patterns, compilePattern } = this.#compiled;
    const known = patterns.get(source);
    if (known !== undefined) return known;
    const pattern = compilePattern(source, this.spend);
    let size = pattern.size;
    for (const each of patterns.values()) size += each.size;
    if (size > LARGEST_PATTERNS)
      throw new BudgetExceededError("The schema's patterns cost too much to check. Make them simpler.");
    this.spend(patterns.size);
    patterns.set(source, pattern);
    return pattern;
  }

  /** Checks against a schema whose own scope this is already. */
  #check(instance: Json, schema: Json, scope: Scope): Violation | undefined {
    this.spend(1);
    if (schema === true) return undefined;
    if (schema === false) return { message: () => `False schema does not allow ${pythonRepr(instance)}`, value: null };
    if (!isObject(schema)) throw new SchemaError(`${pythonRepr(schema)} is no schema`);
    if (++this.#depth > DEEPEST)
      throw new BudgetExceededError(`The schema leads more than ${DEEPEST} schemas deep into itself.`);
    const draft = draftOf(schema, scope.draft);
    const at = draft === scope.draft ? scope : { ...scope, draft };
    const names =
      draft.refStandsAlone && Object.hasOwn(schema, "$ref") && schema.$ref !== null ? ["$ref"] : Object.keys(schema);
    for (const name of names) {
      const keyword = draft.keywords.get(name);
      if (keyword === undefined) continue;
      this.spend(1);
      const value = schema[name] as Json;
      const violation = keyword({ run: this, value, instance, schema, at });
      if (violation === undefined) continue;
      if (violation.value === undefined) violation.value = value;
      if (name !== "$ref" && name !== "if") violation.keyword ??= name;
      this.#depth--;
      return violation;
    }
    this.#depth--;
    return undefined;
  }
}

/** A keyword's check: what of `instance` violates the keyword's `value`, within this schema. */
export interface Checked<Value extends Json = Json> {
  readonly run: Evaluation;
  readonly value: Value;
  readonly instance: Json;
  readonly schema: JsonObject;
  readonly at: Scope;
}

const cannotRun = (pattern: string, { message }: PatternError): string =>
  `${pythonRepr(pattern)} cannot be checked in bounded time: it has ${message}`;
