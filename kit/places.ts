/** Where a part holds: in some buckets, in some collections, or everywhere. */
export interface Places<Config> {
  /** Bucket ids, `*` in them standing for any characters; all when absent. */
  readonly buckets?: (config: Config) => readonly string[] | undefined;
  /** Collection ids likewise; all when absent. */
  readonly collections?: (config: Config) => readonly string[] | undefined;
}

/** Places of a plugin whose options are known. */
export interface ReadPlaces {
  readonly buckets: readonly string[] | undefined;
  readonly collections: readonly string[] | undefined;
}

export const readPlaces = <Config>({ buckets, collections }: Places<Config>, config: Config): ReadPlaces => ({
  buckets: buckets?.(config),
  collections: collections?.(config),
});
