/**
 * The layout of the table. Objects have their list's URI as `pk` and their id as `sk`; the list's clock has the same
 * `pk`. The index orders a list by generation, kind and time, so that tombstones and ended generations cost readers
 * nothing.
 *
 * Versions have their bucket and its generation as `pk`, and their revision and URI as `sk`; see `version-items.ts`.
 *
 * Reserved for later: the prefixes `unique#` and `ref#` of `pk`, and the map attribute `agg` of clocks.
 */
export const TABLE = {
  partitionKey: "pk",
  sortKey: "sk",
  /**
   * A local secondary index, for strongly consistent reads. Therefore a list is limited to 10 GB, and an item and its
   * projection share 400 KB.
   * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html#limits-items
   */
  index: { name: "by-time", sortKey: "at", projects: ["ts", "rev", "json"] },
  /**
   * Orders changes by revision. It has only the objects and tombstones whose revision differs from `last_modified`, such
   * as imported ones: the others are in this order in the first index.
   */
  revisionIndex: { name: "by-revision", sortKey: "seq", projects: ["ts", "rev", "gone", "json"] },
  /** Epoch seconds after which DynamoDB may delete an item. */
  expiry: "expires",
  stream: "NEW_AND_OLD_IMAGES",
} as const;

/** What a rule of a stream filter may be: the operators that Lambda documents for streams, as far as they are used. */
export type StreamRule = string | { readonly prefix: string } | { readonly exists: true };

/**
 * A filter of the event source mapping of the table's stream. All conditions must match. An item that is announced has
 * its resource in the attribute `kind`; clocks and index items have none.
 * https://docs.aws.amazon.com/lambda/latest/dg/with-ddb-filtering.html
 */
export type StreamFilter = {
  readonly dynamodb: {
    readonly Keys: { readonly pk: { readonly S: readonly StreamRule[] } };
    readonly NewImage?: Readonly<Record<string, { readonly S: readonly StreamRule[] }>>;
    readonly OldImage?: Readonly<Record<string, { readonly S: readonly StreamRule[] }>>;
  };
};

/**
 * Filters of objects that are written, or of objects that are removed or replaced.
 * @param image `NewImage` for what is written, `OldImage` for what is removed or replaced
 * @param kinds rules for names of resources
 * @param lists rules for the URIs of lists; all when absent
 */
export const objectsFilter = (
  image: "NewImage" | "OldImage",
  kinds: readonly StreamRule[],
  lists: readonly StreamRule[] = [{ prefix: "/" }],
): StreamFilter => ({ dynamodb: { Keys: { pk: { S: lists } }, [image]: { kind: { S: kinds } } } });

/** The filter of jobs that are queued, new or again, and of messages that transactions send. Expiry is not an event. */
export const QUEUED_FILTER: StreamFilter = {
  dynamodb: {
    Keys: { pk: { S: [{ prefix: "job#" }, { prefix: "message#" }] } },
    NewImage: { status: { S: ["queued"] } },
  },
};
