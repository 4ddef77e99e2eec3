import type { JsonObject } from "../lib/json.ts";
import type { ChangeSubject } from "./events/event.ts";
import type { Acl } from "./ports/store.ts";
import type { ListRef } from "./resources.ts";
import type { Session } from "./store/session.ts";

/**
 * A change to an object that a request is about to make. `new_permissions` and `old_permissions` are the object's own
 * permissions after and before it.
 * @example
 * const isDeletion = (change: ObjectChange): boolean => change.action === "delete";
 */
export type ObjectChange = ChangeSubject &
  (
    | {
        readonly action: "create";
        readonly new: JsonObject;
        readonly old?: never;
        readonly new_permissions: Acl;
        readonly old_permissions?: never;
      }
    | {
        readonly action: "update";
        readonly new: JsonObject;
        readonly old: JsonObject;
        readonly new_permissions: Acl;
        readonly old_permissions: Acl;
      }
    | {
        readonly action: "delete";
        readonly new?: never;
        readonly old: JsonObject;
        readonly new_permissions?: never;
        readonly old_permissions: Acl;
      }
  );

/** What hooks make of a change. */
export interface HookedChange {
  /** The data to store instead. */
  readonly data?: JsonObject | undefined;
  /** Permissions to add to the object's own. They are valid. */
  readonly added: Acl;
}

/** The hooks that run before a change is stored. */
export interface Hooks {
  /**
   * Runs all hooks for a change, one after another. Hooks make further changes in the same session. Rejects when a hook
   * rejects the change.
   */
  before(session: Session, change: ObjectChange): Promise<HookedChange>;
}

/**
 * An object that a user is about to read, with its data as it is stored or as the hooks before changed it.
 * @example
 * const isOwn = (read: ObjectRead): boolean => read.data.owner === read.user_id;
 */
export type ObjectRead = Omit<ChangeSubject, "user_id"> & {
  readonly action: "read";
  /** The user that reads: a user id or `system.Everyone`. */
  readonly user_id: string;
  readonly data: JsonObject;
};

/** Returns whether a user has a principal: its own id, `system.Authenticated`, or the URI of one of its groups. */
export type HasPrincipal = (principal: string) => Promise<boolean>;

/** The hooks that run before a user sees an object. */
export interface ReadHooks {
  /** Whether a hook runs for objects of a list. */
  concern(list: ListRef): boolean;
  /**
   * Runs all hooks for an object, one after another. Rejects with a `Refusal` when a hook refuses the object, and with
   * another error when a hook fails.
   * @param hasPrincipal of the user that reads
   * @returns the data to show instead, if a hook changes it
   */
  read(session: Session, read: ObjectRead, hasPrincipal: HasPrincipal): Promise<JsonObject | undefined>;
}
