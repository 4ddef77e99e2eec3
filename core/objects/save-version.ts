import { isDeepStrictEqual } from "node:util";
import type { JsonObject } from "../../lib/json.ts";
import type { UserId } from "../permissions/principals.ts";
import type { ObjectRef } from "../resources.ts";
import type { Session } from "../store/session.ts";
import { parseData } from "../store/view.ts";
import { deleteObject } from "./delete-objects.ts";
import { replaceObject, replaceObjectPlan } from "./replace-object.ts";
import type { StoreContext } from "./store-context.ts";

/** What happened to a version: an older one changes nothing, nor does one that is equal to what is stored. */
export type SaveOutcome = "saved" | "unchanged" | "older";

interface SaveVersionInput {
  readonly ref: ObjectRef;
  readonly user: UserId;
  /** The data without `id` and `last_modified`; `null` for a deletion. */
  readonly data: JsonObject | null;
  /** Rises with each change of the object elsewhere; `undefined` if it has no versions. */
  readonly version: number | undefined;
  /** Returns the version of stored data. */
  readonly versionOf: (data: JsonObject) => number | undefined;
}

/** The only field of the data of a deleted object that had a version. */
const DELETED_VERSION = "deleted_version";

/** Whether data marks an object that was deleted elsewhere, so that an older version does not restore it. */
export const isDeleted = (data: JsonObject): boolean => typeof data[DELETED_VERSION] === "number";

/** Creates, replaces or deletes an object, unless a newer version is stored. Versions may arrive in any order. */
export const saveVersion = async (
  context: StoreContext,
  session: Session,
  { ref, user, data, version, versionOf }: SaveVersionInput,
): Promise<SaveOutcome> => {
  const view = await session.read(replaceObjectPlan(ref));
  const existing = view.object(ref);
  const stored = existing && withoutIdAndTime(parseData(existing));
  const storedVersion = stored && readVersion(stored, versionOf);
  if (version !== undefined && storedVersion !== undefined && version < storedVersion) return "older";
  const wanted = data ?? (version === undefined ? undefined : { [DELETED_VERSION]: version });
  if (isDeepStrictEqual(stored, wanted)) return "unchanged";
  const preconditions = () => ({});
  if (wanted === undefined) await deleteObject(context, session, { ref, user, preconditions, time: () => undefined });
  else
    await replaceObject(context, session, {
      ref,
      user,
      preconditions,
      createOnly: false,
      draft: () => ({ data: wanted }),
    });
  return "saved";
};

const readVersion = (data: JsonObject, versionOf: SaveVersionInput["versionOf"]): number | undefined =>
  isDeleted(data) ? Number(data[DELETED_VERSION]) : finiteOrUndefined(versionOf(data));

/** Records may have been written without a version. */
const finiteOrUndefined = (version: number | undefined): number | undefined =>
  Number.isFinite(version) ? version : undefined;

const withoutIdAndTime = ({ id: _id, last_modified: _time, ...data }: JsonObject): JsonObject => data;
