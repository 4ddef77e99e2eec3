import { api } from "../../lib/api.ts";
import { navigate } from "../../lib/router.ts";
import { showToast } from "../../lib/toasts.ts";
import { type ObjectData, type ObjectRef, type StoredObject, toPath } from "./object-ref.ts";

/** The fields that the user writes. */
const toFields = ({ id: _id, last_modified: _time, ...fields }: ObjectData): Readonly<Record<string, unknown>> =>
  fields;

/** Without what the store sets. Records have the timestamp of the schema that they were checked with. */
export const toWritable = (object: ObjectRef, data: ObjectData): Readonly<Record<string, unknown>> => {
  const { schema, ...fields } = toFields(data);
  return object.kind === "record" ? fields : toFields(data);
};

const report = (error: unknown): void =>
  showToast(`It cannot be restored: ${error instanceof Error ? error.message : String(error)}`, { tone: "error" });

/** Creates a deleted object again as it was, and goes to it. */
export const createAgain = async (
  object: ObjectRef,
  { data, permissions }: StoredObject,
  link: string,
): Promise<void> => {
  const body = {
    data: toWritable(object, data),
    // Users who may not see the permissions get none.
    ...(Object.keys(permissions).length > 0 && { permissions }),
  };
  try {
    await api.send("PUT", toPath(object), body, { "If-None-Match": "*" });
    navigate(link);
  } catch (error) {
    report(error);
  }
};

/** Gives an object the data that it had, if it was not changed since. @param etag the timestamp of the change to take back */
export const writeBack = async (
  object: ObjectRef,
  data: ObjectData,
  etag: number,
  onDone: () => void,
): Promise<void> => {
  try {
    await api.send("PUT", toPath(object), { data: toWritable(object, data) }, { "If-Match": `"${etag}"` });
    showToast("The change is taken back.");
    onDone();
  } catch (error) {
    report(error);
  }
};
