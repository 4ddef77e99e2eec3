import type { Action } from "./events/event.ts";
import type { JsonObject } from "./json.ts";
import type { ResourceName } from "./resources.ts";

/** What is about to happen to an object, within a request. */
export type ObjectChange = {
  readonly resource_name: ResourceName;
  readonly uri: string;
  readonly bucket_id?: string;
  readonly collection_id?: string;
  readonly group_id?: string;
  readonly record_id?: string;
  readonly user_id: string;
} & (
  | { readonly action: Extract<Action, "create">; readonly new: JsonObject; readonly old?: never }
  | { readonly action: Extract<Action, "update">; readonly new: JsonObject; readonly old: JsonObject }
  | { readonly action: Extract<Action, "delete">; readonly new?: never; readonly old: JsonObject }
);
