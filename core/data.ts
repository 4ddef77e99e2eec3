import type { JsonObject } from "../lib/json.ts";
import type { Acl } from "./ports/store.ts";
import type { Generation } from "./resources.ts";

/**
 * A plugin's access to the store's objects, limited by the permissions that the plugin declares. URIs have no version
 * prefix: `/buckets/blog/collections/posts` is an object, `/buckets/blog/collections` a list. Methods reject with a
 * `Failure`: 403 without permission, 404 when the object or its parent does not exist, 400 for invalid data.
 *
 * @example
 * const posts = data.list("/buckets/blog/collections/posts/records", { _sort: "-age", min_age: "3" });
 * for await (const post of posts) console.log(post.id);
 */
export interface Data {
  /** Returns an object, or `undefined` when it does not exist. */
  get(uri: string): Promise<DataObject | undefined>;
  /**
   * Iterates over a list of any length.
   * @param query the filters, order and fields of the HTTP API, e.g. `{ min_age: "3", _sort: "-age" }`
   */
  list(uri: string, query?: Readonly<Record<string, string>>): AsyncIterable<JsonObject>;
  /**
   * Returns the timestamp and the number of objects of a list, by one read of any list; `undefined` when its parent does
   * not exist. The plugin must be able to read the parent or, at the top level, all objects.
   * @param options `tombstones`: whether to count them too, which reads what the index has of them
   */
  summarize(list: string, options?: { readonly tombstones?: boolean }): Promise<ListSummary | undefined>;
  /**
   * Creates an object with the id `data.id`, or a generated one. Returns the object unchanged when it already exists.
   */
  create(list: string, object: DataDraft): Promise<DataObject>;
  /** Creates an object or replaces it. */
  replace(uri: string, object: DataDraft): Promise<DataObject>;
  /** Updates the given fields and permissions of an object. */
  update(uri: string, object: DataDraft): Promise<DataObject>;
  /** Deletes an object. Returns `false` when it does not exist. */
  delete(uri: string): Promise<boolean>;
  /**
   * Iterates over the URIs of objects that the plugin may write and whose own permissions may name a principal, and of groups
   * that have it as a member. Needs `principals` in the need, as {@link removePrincipal}.
   */
  findNamed(principal: string): AsyncIterable<string>;
  /**
   * Removes a principal from an object's permissions and, if it is a group, from its members, in one transaction.
   * @param options `deletesOwned`: deletes the object if only the principal may write it by its own permissions
   */
  removePrincipal(
    uri: string,
    principal: string,
    options?: { readonly deletesOwned?: boolean },
  ): Promise<PrincipalRemoval>;
}

/**
 * What was done about a principal that an object may name. `unchanged`: it does not, or does not exist.
 * @example
 * const isChanged = (removal: PrincipalRemoval): boolean => removal !== "unchanged";
 */
export type PrincipalRemoval = "deleted" | "removed" | "unchanged";

/**
 * What is known of a list without reading its objects.
 * @example
 * const isEmpty = ({ objects }: ListSummary): boolean => objects === 0;
 */
export interface ListSummary {
  /** The timestamp in ms, which clients see as `ETag`; `undefined` if nothing was written to or read from the list yet. */
  readonly timestamp: number | undefined;
  readonly objects: number;
  /** The number of tombstones, if they were counted. */
  readonly tombstones?: number;
}

/**
 * The data and permissions to store. Omitted parts stay as they are.
 * @example
 * const draft: DataDraft = { data: { title: "Hi" }, permissions: { read: ["system.Everyone"] } };
 */
export interface DataDraft {
  readonly data?: JsonObject;
  readonly permissions?: Acl;
}

/**
 * A stored object.
 * @example
 * const titleOf = ({ data }: DataObject): string => String(data.title);
 */
export interface DataObject {
  readonly data: JsonObject;
  readonly permissions: Acl;
  /** For an object with children, such as a collection: a random id that changes when the object is created again. */
  readonly generation?: Generation;
}
