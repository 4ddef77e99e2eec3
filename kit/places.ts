/** Where a part holds: in some buckets, in some collections, or everywhere. */
export interface CollectionFilter<Config> {
  /** Bucket ids, `*` in them standing for any characters; all when absent. */
  readonly buckets?: (config: Config) => readonly string[] | undefined;
  /** Collection ids likewise; all when absent. */
  readonly collections?: (config: Config) => readonly string[] | undefined;
}

/** Places of a plugin whose options are known. */
export interface ResolvedCollectionFilter {
  readonly buckets: readonly string[] | undefined;
  readonly collections: readonly string[] | undefined;
}

export const resolveCollectionFilter = <Config>(
  { buckets, collections }: CollectionFilter<Config>,
  config: Config,
): ResolvedCollectionFilter => ({
  buckets: buckets?.(config),
  collections: collections?.(config),
});
