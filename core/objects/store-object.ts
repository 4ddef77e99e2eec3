import type { JsonObject } from "../../lib/json.ts";
import { Failure, invalid } from "../errors.ts";
import { toObjectFields } from "../events/change.ts";
import { authorId, type UserId } from "../permissions/principals.ts";
import type { Acl, StoredObject } from "../ports/store.ts";
import { ancestors, MAX_TIMESTAMP_MS, type ObjectRef, type Resource } from "../resources.ts";
import type { Session } from "../store/session.ts";
import { parseData, type View } from "../store/view.ts";
import { requireParentExists } from "./checks.ts";
import { normalizeAcl, prepareData } from "./draft.ts";
import { validateInBucket, validateMetadata, validateRecord } from "./object-schemas.ts";
import type { StoreContext } from "./store-context.ts";

/** DynamoDB's item limit (400 KB), less keys and the store's own attributes. */
export const MAX_OBJECT_BYTES = 400 * 1024 - 8 * 1024;

/** Maximum number of a plugin's validation issues in a response. */
const MAX_ISSUES = 20;

/** The origin of data: a validated draft, a patched object, or the store itself. */
type DataOrigin = "draft" | "patch" | "store";

export interface ObjectToStore {
  readonly data: JsonObject;
  readonly acl: Acl;
  readonly user: UserId;
  readonly origin: DataOrigin;
}

/**
 * Validates an object and stores it. Its `last_modified` is that in `data`, if it is later than the current one.
 * The session must have read its parents.
 */
export const storeObject = async (
  context: StoreContext,
  session: Session,
  ref: ObjectRef,
  { data, acl, user, origin }: ObjectToStore,
): Promise<StoredObject> => {
  const { view } = session;
  const { last_modified, ...fields } = prepareData(ref.resourceName, data, origin === "patch" ? "" : "data.");
  const validated = await validateData(context, view, ref, fields, origin);
  const object = view.put(ref, {
    data: context.hooks === undefined ? validated : await runBeforeHooks(context, session, ref, validated, user),
    acl: normalizeAcl(acl, context.explicitPermissions ? authorId(user) : undefined),
    changedBy: authorId(user),
    lastModified: acceptTimestamp(last_modified, view.object(ref)),
  });
  requireFittingSize(object);
  return object;
};

/**
 * Returns a writer's `last_modified` (as used by Kinto's replication) if it is a whole number and later than that of
 * the existing object, else `undefined`.
 */
export const acceptTimestamp = (value: unknown, existing: StoredObject | undefined): number | undefined => {
  if (!Number.isInteger(value)) return undefined;
  const timestamp = Number(value);
  if (timestamp < 0 || timestamp > MAX_TIMESTAMP_MS) {
    throw invalid({
      location: "body",
      name: "data.last_modified",
      description: `last_modified is a time in ms, from 0 to ${MAX_TIMESTAMP_MS}`,
    });
  }
  return existing !== undefined && timestamp <= existing.last_modified ? undefined : timestamp;
};

/** Throws 413 for an object that is too large for a table item. */
const requireFittingSize = ({ json, acl }: StoredObject): void => {
  const bytes = Buffer.byteLength(json) + Buffer.byteLength(JSON.stringify(acl));
  if (bytes > MAX_OBJECT_BYTES) {
    throw new Failure("REQUEST_TOO_LARGE", {
      message: `The object has ${bytes} bytes including its permissions; the limit is ${MAX_OBJECT_BYTES} bytes.`,
    });
  }
};

/**
 * Runs the hooks of a write and validates the data that they return. Hooks cannot change id, timestamp and permissions.
 */
const runBeforeHooks = async (
  context: StoreContext,
  session: Session,
  ref: ObjectRef,
  fields: JsonObject,
  user: UserId,
): Promise<JsonObject> => {
  const existing = session.view.object(ref);
  const data = { ...fields, id: ref.id };
  const subject = { ...toObjectFields(ref), user_id: authorId(user) };
  const change =
    existing === undefined
      ? ({ ...subject, action: "create", new: data } as const)
      : ({ ...subject, action: "update", new: data, old: parseData(existing) } as const);
  const replaced = await context.hooks?.before(session, change);
  // A hook may have deleted the parent.
  requireParentExists(session.view, ref.list);
  if (replaced === undefined) return fields;
  const { last_modified: _, ...prepared } = prepareData(ref.resourceName, replaced);
  return validateData(context, session.view, ref, await validateMetadata(ref.resourceName, prepared), "draft");
};

/** Runs the hooks of a deletion. */
export const runDeletionHooks = async (
  { hooks }: StoreContext,
  session: Session,
  ref: ObjectRef,
  user: UserId,
): Promise<void> => {
  const existing = session.view.object(ref);
  if (existing === undefined) return;
  const subject = { ...toObjectFields(ref), user_id: authorId(user) };
  await hooks?.before(session, { ...subject, action: "delete", old: parseData(existing) });
};

/** Validates data by the schemas of its plugin, bucket and collection. Returns the data to store. */
const validateData = async (
  { validateSchemas }: StoreContext,
  view: View,
  ref: ObjectRef,
  fields: JsonObject,
  origin: DataOrigin,
): Promise<JsonObject> => {
  const { resourceName } = ref;
  const data = origin === "patch" ? await validateMetadata(resourceName, fields, { isPatched: true }) : fields;
  await validateByPlugin(ref.list.resource, data);
  if (!validateSchemas || !(resourceName === "record" || resourceName === "collection" || resourceName === "group"))
    return data;
  const parents = ancestors(ref).map((parent) => view.object(parent));
  const bucket = parents.at(-1);
  if (bucket === undefined) return data;
  if (resourceName !== "record") {
    await validateInBucket(resourceName, { ...data, id: ref.id }, parseData(bucket));
    return data;
  }
  const [collection] = parents;
  if (collection === undefined) return data;
  return validateRecord(
    { ...data, id: ref.id },
    { data: parseData(collection), lastModified: collection.last_modified },
    parseData(bucket),
  );
};

/** Throws 400 when data of a plugin's resource is invalid. */
const validateByPlugin = async ({ plugin }: Resource, { id: _, ...data }: JsonObject): Promise<void> => {
  if (plugin?.findIssues === undefined) return;
  const issues = await plugin.findIssues(data);
  const [first, ...more] = issues.slice(0, MAX_ISSUES).map(({ path, message }) => ({
    location: "body" as const,
    name: ["data", ...path.map(String)].join("."),
    description: message,
  }));
  if (first !== undefined) throw invalid(first, ...more);
};
