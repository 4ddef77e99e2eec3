/**
 * The layout of the table. Objects have their list's URI as `pk` and their id as `sk`; the list's clock has the same
 * `pk`. The index orders a list by generation, kind and time, so that tombstones and ended generations cost readers
 * nothing.
 */
export const TABLE = {
  partitionKey: "pk",
  sortKey: "sk",
  /**
   * A local secondary index, for strongly consistent reads. Therefore a list is limited to 10 GB, and an item and its
   * projection share 400 KB.
   * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html#limits-items
   */
  index: { name: "by-time", sortKey: "at", projects: ["ts", "json"] },
  /** Epoch seconds after which DynamoDB may delete an item. */
  expiry: "expires",
  stream: "NEW_AND_OLD_IMAGES",
} as const;

/** The Lambda event filter for changes of objects, without clocks, index items and claims. */
export const OBJECT_CHANGES_FILTER = {
  dynamodb: { Keys: { pk: { S: [{ prefix: "/" }] }, sk: { S: [{ "anything-but": { prefix: "#" } }] } } },
} as const;

/** The Lambda event filter for messages that transactions send. Their expiry is not an event. */
export const SENT_MESSAGES_FILTER = {
  dynamodb: { Keys: { pk: { S: [{ prefix: "message#" }] } }, NewImage: { sk: { S: ["#"] } } },
} as const;

/** The Lambda event filter for jobs that are queued, both new ones and retries. */
export const QUEUED_JOBS_FILTER = {
  dynamodb: { Keys: { pk: { S: [{ prefix: "job#" }] }, sk: { S: ["#"] } }, NewImage: { status: { S: ["queued"] } } },
} as const;
