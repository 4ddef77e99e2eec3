/** Characters of a schema's JSON. A schema of this size is checked against its metaschema within the default budget. */
export const MAX_SCHEMA_CHARS = 64 * 1024;
/** Steps of one evaluation: a keyword, an array element or a property is one. A step takes about half a microsecond. */
export const DEFAULT_BUDGET_STEPS = 400_000;
/**
 * Schemas evaluated within each other: more than data of a hundred levels needs, fewer than overflow the call stack.
 */
export const MAX_DEPTH = 500;
/** Schemas that `unevaluatedItems` and `unevaluatedProperties` follow within each other. */
export const MAX_UNEVALUATED_DEPTH = 200;
/** Instructions of one pattern when its repetitions are written out. */
export const MAX_PATTERN_INSTRUCTIONS = 10_000;
/** Repetitions in one pattern, such as in `a{1000}`. RE2 has this limit. */
export const MAX_REPETITIONS = 1000;
/** Instructions of all patterns of one schema. */
export const MAX_SCHEMA_PATTERN_INSTRUCTIONS = 50_000;
/** Characters of an issue's message. */
export const MAX_MESSAGE_CHARS = 4000;
/** Compiled schemas that are cached, and the characters of their JSON. */
export const MAX_CACHED_SCHEMAS = 200;
export const MAX_CACHED_CHARS = 2 * 1024 * 1024;

/**
 * The schema cannot be used: it is malformed, or one of its references cannot be resolved. Says nothing about the data.
 */
export class SchemaError extends Error {}

/** The schema is too large, or evaluating it takes more steps than the budget allows. */
export class BudgetExceededError extends SchemaError {}

/** The pattern is not a regular expression, or is one that cannot run in linear time. */
export class PatternError extends Error {
  /** Whether Python accepts the expression. */
  readonly isRegex: boolean;

  constructor(isRegex: boolean, message: string) {
    super(message);
    this.isRegex = isRegex;
  }
}

/** @param feature what the pattern has that cannot run in linear time */
export const unsupportedPattern = (feature: string): PatternError => new PatternError(true, feature);

export const invalidPattern = (): PatternError => new PatternError(false, "an invalid syntax");
