import type { JsonObject } from "../lib/json.ts";
import type { ChangeSubject } from "./events/event.ts";
import type { Session } from "./store/session.ts";

/** What is about to happen to an object, within a request. */
export type ObjectChange = ChangeSubject &
  (
    | { readonly action: "create"; readonly new: JsonObject; readonly old?: never }
    | { readonly action: "update"; readonly new: JsonObject; readonly old: JsonObject }
    | { readonly action: "delete"; readonly new?: never; readonly old: JsonObject }
  );

/** Those who look at changes before they are made. */
export interface Hooks {
  /**
   * Lets them see a change, one after the other. What they change beside it, they change in the session. Rejects where one refuses.
   * @returns the data to store instead, if any
   */
  before(session: Session, change: ObjectChange): Promise<JsonObject | undefined>;
}
