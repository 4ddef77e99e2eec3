/** A schema itself that cannot be used: it is malformed, refers to nothing, or costs too much. Nothing is said about the data. */
export class SchemaFault extends Error {}
