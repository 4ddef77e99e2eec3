import type { JsonObject } from "../lib/json.ts";
import type { ChangeSubject } from "./events/event.ts";
import type { Session } from "./store/session.ts";

/**
 * A change to an object that a request is about to make.
 * @example
 * const isDeletion = (change: ObjectChange): boolean => change.action === "delete";
 */
export type ObjectChange = ChangeSubject &
  (
    | { readonly action: "create"; readonly new: JsonObject; readonly old?: never }
    | { readonly action: "update"; readonly new: JsonObject; readonly old: JsonObject }
    | { readonly action: "delete"; readonly new?: never; readonly old: JsonObject }
  );

/** The hooks that run before a change is stored. */
export interface Hooks {
  /**
   * Runs all hooks for a change, one after another. Hooks make further changes in the same session. Rejects when a hook
   * rejects the change.
   * @returns the data to store instead, if a hook replaces it
   */
  before(session: Session, change: ObjectChange): Promise<JsonObject | undefined>;
}
