import { isDeepStrictEqual } from "node:util";
import { isObject, type JsonObject } from "../../lib/json.ts";
import { Failure, invalid, Refusal, type RequestIssue } from "../errors.ts";
import { toObjectFields } from "../events/change.ts";
import { authorId, hasPrincipal, type UserId } from "../permissions/principals.ts";
import type { ListEntry, StoredObject } from "../ports/store.ts";
import { type ListRef, type ObjectRef, objectRef } from "../resources.ts";
import type { Session } from "../store/session.ts";
import { parseData } from "../store/view.ts";
import type { ObjectResult } from "./checks.ts";
import type { StoreContext } from "./store-context.ts";

/**
 * Returns an object as its user sees it, and a tombstone as it is. Rejects with a `Refusal` when a hook refuses the
 * object, and with another error when a hook fails.
 */
export type ReadAsUser = <Entry extends Pick<ListEntry, "json" | "last_modified">>(
  id: string,
  entry: Entry,
) => Promise<Entry>;

/** Objects have their timestamp after their data. */
const isTombstone = (id: string, { json, last_modified }: Pick<ListEntry, "json" | "last_modified">): boolean =>
  json === JSON.stringify({ id, last_modified, deleted: true });

/**
 * Creates a function that runs the read hooks for objects of a list; `undefined` when no hook concerns the list.
 */
export const createReadAsUser = (
  context: StoreContext,
  session: Session,
  user: UserId,
  list: ListRef,
): ReadAsUser | undefined => {
  const { readHooks } = context;
  if (readHooks === undefined || !readHooks.concern(list)) return undefined;
  const subject = { action: "read", user_id: authorId(user) } as const;
  const isUser = (principal: string) => hasPrincipal(session, user, principal);
  return async (id, entry) => {
    if (isTombstone(id, entry)) return entry;
    const data = parseData(entry);
    const visible = await readHooks.read(session, { ...toObjectFields(objectRef(list, id)), ...subject, data }, isUser);
    return visible === undefined ? entry : { ...entry, json: JSON.stringify(visible) };
  };
};

/** Like {@link ReadAsUser}, but returns `undefined` for an object that a hook refuses. */
export const readUnlessRefused = async <Entry extends Pick<ListEntry, "json" | "last_modified">>(
  read: ReadAsUser,
  id: string,
  entry: Entry,
): Promise<Entry | undefined> => {
  try {
    return await read(id, entry);
  } catch (error) {
    if (error instanceof Refusal && error.kind !== "BACKEND") return undefined;
    throw error;
  }
};

/** Returns an object as its user sees it. */
export const readObject = async <Entry extends Pick<ListEntry, "json" | "last_modified">>(
  context: StoreContext,
  session: Session,
  user: UserId,
  { id, list }: ObjectRef,
  object: Entry,
): Promise<Entry> => {
  const read = createReadAsUser(context, session, user, list);
  return read === undefined ? object : read(id, object);
};

/** Like {@link readObject}, but returns `undefined` for an object that a hook refuses. */
const readObjectUnlessRefused = async (
  context: StoreContext,
  session: Session,
  user: UserId,
  { id, list }: ObjectRef,
  object: StoredObject,
): Promise<StoredObject | undefined> => {
  const read = createReadAsUser(context, session, user, list);
  return read === undefined ? object : readUnlessRefused(read, id, object);
};

/** Returns a written object as its user sees it: only its id and timestamp if a hook refuses it. */
export const showWritten = async (
  context: StoreContext,
  session: Session,
  user: UserId,
  ref: ObjectRef,
  { object, permissions }: ObjectResult,
): Promise<ObjectResult> => {
  const visible = await readObjectUnlessRefused(context, session, user, ref, object);
  if (visible !== undefined) return { object: visible, permissions };
  const json = JSON.stringify({ id: ref.id, last_modified: object.last_modified });
  return { object: { ...object, json }, permissions: {} };
};

/** Creates a function that returns a stored object as its user sees it; `undefined` for one that a hook refuses. */
export const showExisting =
  (context: StoreContext, session: Session, user: UserId, ref: ObjectRef) =>
  (object: StoredObject): Promise<StoredObject | undefined> =>
    readObjectUnlessRefused(context, session, user, ref, object);

/**
 * Changes stored data as a user has changed what it sees of it. Fields that hooks hide or change stay, also in nested
 * objects, unless the user has set them. Arrays are replaced as a whole.
 * @param seen the data as the user sees it
 * @param changed what the user has made of `seen`
 */
export const mergeSeenChanges = (stored: JsonObject, seen: JsonObject, changed: JsonObject): JsonObject => {
  const result = new Map(Object.entries(stored));
  for (const key of Object.keys(seen)) if (!Object.hasOwn(changed, key)) result.delete(key);
  for (const [key, value] of Object.entries(changed)) {
    const before = Object.hasOwn(seen, key) ? seen[key] : undefined;
    const kept = result.get(key);
    if (isDeepStrictEqual(value, before)) continue;
    const isNested = isObject(value) && isObject(before) && isObject(kept);
    result.set(key, isNested ? mergeSeenChanges(kept, before, value) : value);
  }
  return Object.fromEntries(result);
};

/** Whether all issues are about fields, such as `data.email`. */
const isAbout = ({ details }: Failure, fields: JsonObject): boolean =>
  Array.isArray(details) &&
  details.length > 0 &&
  details.every(({ name }: RequestIssue) => {
    const [, field] = /^data\.([^.]+)$/.exec(name ?? "") ?? [];
    return field !== undefined && Object.hasOwn(fields, field) && !isObject(fields[field] ?? null);
  });

/** Messages for writes whose reason would reveal hidden data. */
const HIDDEN_REASONS = {
  INVALID_PARAMETERS: "The object would not be valid. A plugin hides parts of it from this user, and so the reason.",
  REQUEST_TOO_LARGE: "The object would be too large, including parts that a plugin hides from this user.",
} as const;

/**
 * Runs a write that includes stored data. If the object is invalid or too large and the user does not see all of it, the
 * reason is left out, because it may quote hidden values or contain their size.
 * @param given the fields that the user has set as a whole: reasons about only these quote nothing else
 */
export const hideReasons = async <T>(
  existing: StoredObject,
  show: (object: StoredObject) => Promise<StoredObject | undefined>,
  given: JsonObject,
  write: () => Promise<T>,
): Promise<T> => {
  try {
    return await write();
  } catch (error) {
    if (!(error instanceof Failure) || error instanceof Refusal) throw error;
    const { kind } = error;
    if (kind !== "INVALID_PARAMETERS" && kind !== "REQUEST_TOO_LARGE") throw error;
    if (kind === "INVALID_PARAMETERS" && isAbout(error, given)) throw error;
    const visible = await show(existing);
    if (visible !== undefined && isDeepStrictEqual(parseData(visible), parseData(existing))) throw error;
    const description = HIDDEN_REASONS[kind];
    throw kind === "INVALID_PARAMETERS"
      ? invalid({ location: "body", name: null, description })
      : new Failure(kind, { message: description });
  }
};
