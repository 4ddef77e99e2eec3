import type { Action } from "./events/event.ts";
import type { JsonObject } from "./json.ts";
import type { ResourceName } from "./resources.ts";
import type { Session } from "./store/session.ts";

/** What is about to happen to an object, within a request. */
export type ObjectChange = {
  readonly resource_name: ResourceName;
  readonly uri: string;
  readonly bucket_id?: string;
  readonly collection_id?: string;
  readonly group_id?: string;
  readonly record_id?: string;
  /** Of what a plugin brings, and what it stands in. */
  readonly [id: `${string}_id`]: string | undefined;
  readonly user_id: string;
} & (
  | { readonly action: Extract<Action, "create">; readonly new: JsonObject; readonly old?: never }
  | { readonly action: Extract<Action, "update">; readonly new: JsonObject; readonly old: JsonObject }
  | { readonly action: Extract<Action, "delete">; readonly new?: never; readonly old: JsonObject }
);

/** Those who look at changes before they are made. */
export interface Hooks {
  /**
   * Lets them see a change, one after the other. What they change beside it, they change in the session. Rejects where one refuses.
   * @returns the data to store instead, if any
   */
  before(session: Session, change: ObjectChange): Promise<JsonObject | undefined>;
}
