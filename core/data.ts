import type { JsonObject } from "../lib/json.ts";
import type { Acl } from "./ports/store.ts";
import type { Generation } from "./resources.ts";

/**
 * The store's objects for those who are not a request: a plugin, bound by the permissions it states. Places are URIs without the
 * version's prefix: `/buckets/blog/collections/posts` is an object, `/buckets/blog/collections` a list. Rejects with a
 * {@link Failure} as the protocol's answers tell it: 403 where a permission lacks, 404 where nothing is, 400 for what can't be stored.
 */
export interface Data {
  /** The object, or `undefined` when there is none. */
  get(uri: string): Promise<DataObject | undefined>;
  /** All of a list, or what is asked for in the words of the protocol (`{ "min_age": "3", _sort: "-age" }`), however long. */
  list(uri: string, query?: Readonly<Record<string, string>>): AsyncIterable<JsonObject>;
  /** Adds an object; its id is `data.id`, or made for it. One that exists already is given as it stands. */
  create(list: string, object: DataDraft): Promise<DataObject>;
  /** Makes the object what is given, whether or not there was one. */
  replace(uri: string, object: DataDraft): Promise<DataObject>;
  /** Changes the fields that are given. */
  update(uri: string, object: DataDraft): Promise<DataObject>;
  /** `false` when there was none. */
  delete(uri: string): Promise<boolean>;
}

export interface DataDraft {
  readonly data?: JsonObject;
  readonly permissions?: Acl;
}

export interface DataObject {
  readonly data: JsonObject;
  readonly permissions: Acl;
  /** Of what others stand in: its own life, as events tell it. One that was deleted and made anew has another. */
  readonly generation?: Generation;
}
