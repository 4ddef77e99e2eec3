/** The stack's output that tells a queue's URL: `QueueSearchIndex` for `search-index`. */
export const queueOutputName = (name: string): string =>
  `Queue${name.replace(/(?:^|-)([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())}`;

/** The stack's output that tells the table's name. */
export const TABLE_OUTPUT_NAME = "TableName";
