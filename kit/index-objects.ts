import type { JsonObject } from "../lib/json.ts";

/**
 * The objects of a type of the plugin, which are kept as the records of its collection. Versions of an object may arrive
 * in any order: an older one changes nothing.
 * @example
 * const follow = async (networks: IndexObjects, type: string, network: JsonObject): Promise<void> => {
 *   await (type === "network.delete.end" ? networks.delete(String(network.id)) : networks.save(network));
 * };
 */
export interface IndexObjects {
  /**
   * Stores an object under its id. Resolves to `false` if a newer version is stored.
   * @throws TypeError if its id is not the id of a record
   */
  save(object: JsonObject): Promise<boolean>;
  /**
   * Deletes an object. With a version, a mark remains, so that an older version does not restore it.
   * Resolves to `false` if a newer version is stored.
   * @param options `version` of the deletion, comparable with those of objects
   */
  delete(id: string, options?: { readonly version?: number }): Promise<boolean>;
  /**
   * Stores all objects that the type's `objects` lists, and deletes the others, except those that change meanwhile. Writes
   * only what is different.
   * @param options `signal` ends it between two objects
   */
  sync(options?: { readonly signal?: AbortSignal }): Promise<SyncCounts>;
}

/** The permissions of a plugin on the records of a type's collection. @param of the URI of the collection */
export const toIndexPermissions = (of: string): Readonly<Record<string, readonly string[]>> => ({
  "record:create": [of],
  write: [`${of}/records/*`],
});

/**
 * What a synchronization has done.
 * @example
 * const describe = ({ saved, deleted }: SyncCounts): string => `${saved} saved, ${deleted} deleted`;
 */
export interface SyncCounts {
  /** Objects that were new or different. */
  readonly saved: number;
  /** Objects that were as stored, or older. */
  readonly unchanged: number;
  readonly deleted: number;
}
