/** A schema itself that cannot be used: it is malformed, or refers to nothing. Nothing is said about the data. */
export class SchemaError extends Error {}

/** A schema that would take longer to check than any may. */
export class BudgetExceededError extends SchemaError {}
