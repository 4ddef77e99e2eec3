/**
 * The one table. Whatever is listed has the list's URI as `pk` and its id as `sk`; beside it under the same `pk` stands the
 * list's clock. `at` orders a list by life, kind and time, so that tombstones and the remains of ended lives cost readers nothing.
 */
export const TABLE = {
  partitionKey: "pk",
  sortKey: "sk",
  /**
   * A local index: strongly consistent, at the price that a list holds 10 GB at most, and that an item and what the index projects of
   * it share the 400 KB (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html#limits-items).
   */
  index: { name: "by-time", sortKey: "at", projects: ["ts", "json"] },
  /** Epoch seconds after which DynamoDB may drop an item. */
  expiry: "expires",
  stream: "NEW_AND_OLD_IMAGES",
} as const;

/** What the stream must tell `dispatch` about: objects, not clocks, rows or claims (a Lambda event filter pattern). */
export const OBJECT_CHANGES_FILTER = {
  dynamodb: { Keys: { pk: { S: [{ prefix: "/" }] }, sk: { S: [{ "anything-but": { prefix: "#" } }] } } },
} as const;

/** What else it must tell: jobs that are to be worked on, when they are made and whenever they are queued again. */
export const QUEUED_JOBS_FILTER = {
  dynamodb: { Keys: { pk: { S: [{ prefix: "job#" }] }, sk: { S: ["#"] } }, NewImage: { status: { S: ["queued"] } } },
} as const;
