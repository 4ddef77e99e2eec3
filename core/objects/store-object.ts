import type { JsonObject } from "../../lib/json.ts";
import { Failure, invalid, type RequestIssue } from "../errors.ts";
import { toObjectFields } from "../events/change.ts";
import { authorId, MAX_GROUP_MEMBERS, MAX_PRINCIPALS_PER_OBJECT, type UserId } from "../permissions/principals.ts";
import type { Acl, StoredObject } from "../ports/store.ts";
import { ancestors, MAX_FUTURE_MS, type ObjectRef, type Resource, type ResourceName } from "../resources.ts";
import type { Session } from "../store/session.ts";
import { groupMembers, parseData, type View } from "../store/view.ts";
import { addPermissions } from "./added-permissions.ts";
import { requireParentExists } from "./checks.ts";
import { normalizeAcl, prepareData } from "./draft.ts";
import { validateInBucket, validateMetadata, validateRecord } from "./object-schemas.ts";
import type { StoreContext } from "./store-context.ts";
import { requireSearchSettings } from "./validate-search-settings.ts";

/** DynamoDB's item limit (400 KB), less keys and the store's own attributes. */
export const MAX_OBJECT_BYTES = 400 * 1024 - 8 * 1024;

/** Maximum number of a plugin's validation issues in a response. */
const MAX_ISSUES = 20;

export interface ObjectToStore {
  readonly data: JsonObject;
  readonly acl: Acl;
  readonly user: UserId;
  /** Whether a patch has changed the data. Then it is validated like a draft, and messages name its fields without `data.`. */
  readonly isPatched?: boolean;
}

/**
 * Validates an object by the schemas of its plugin and its parents, and stores it. Its data must be stored data, or that of
 * a validated draft, unless it is patched. Its `last_modified` is that in `data`, if it is later than the current one.
 * The session must have read its parents.
 */
export const storeObject = async (
  context: StoreContext,
  session: Session,
  ref: ObjectRef,
  { data, acl, user, isPatched = false }: ObjectToStore,
): Promise<StoredObject> => {
  const { view } = session;
  const { last_modified, ...fields } = isPatched ? await validatePatched(ref.resourceName, data) : data;
  if (context.validateSearchSettings && ref.resourceName === "collection")
    requireSearchSettings(view.object(ref), fields, { isPatched });
  const validated = await validateData(context, view, ref, fields);
  const lastModified = acceptTimestamp(last_modified, {
    existing: view.object(ref),
    now: session.now,
    field: { location: "body", name: isPatched ? "last_modified" : "data.last_modified" },
  });
  const ownAcl = normalizeAcl(acl, context.explicitPermissions ? findOwner(ref, user) : undefined);
  const object = view.put(ref, {
    ...(context.hooks === undefined
      ? { data: validated, acl: ownAcl }
      : await runBeforeHooks(context, session, ref, { data: validated, acl: ownAcl, lastModified }, user)),
    changedBy: authorId(user),
    lastModified,
  });
  requireLimits(ref, object);
  return object;
};

/** The principal that gets `write` on an object: the user who writes it, or the one that the resource names. */
const findOwner = ({ id, list }: ObjectRef, user: UserId): string =>
  list.resource.plugin?.owner?.(id) ?? authorId(user);

/**
 * Returns a writer's `last_modified` (as used by Kinto's replication) if it is a whole number and later than that of
 * the existing object, else `undefined`. Throws 400 for a time before 1970 or more than a day after now: it would
 * advance the list's timestamp for all writers.
 */
export const acceptTimestamp = (
  value: unknown,
  {
    existing,
    now,
    field,
  }: {
    readonly existing: StoredObject | undefined;
    /** Epoch ms. */
    readonly now: number;
    /** Where the request has the value. */
    readonly field: Pick<RequestIssue, "location" | "name">;
  },
): number | undefined => {
  if (typeof value !== "bigint" && !Number.isInteger(value)) return undefined;
  const timestamp = Number(value);
  if (timestamp < 0) throw invalid({ ...field, description: "last_modified is a time in ms, at least 0" });
  if (existing !== undefined && timestamp <= existing.last_modified) return undefined;
  const latest = now + MAX_FUTURE_MS;
  if (timestamp > latest)
    throw invalid({
      ...field,
      description: `last_modified is more than a day in the future. Send a time in ms of at most ${latest}, or none`,
    });
  return timestamp;
};

/** Throws for an object that cannot be stored because of its size or the number of its principals. */
export const requireLimits = (ref: ObjectRef, object: StoredObject): void => {
  requirePrincipalLimits(ref, object);
  requireFittingSize(object);
};

/** Throws 400 for too many principals or members: each has an index item. */
const requirePrincipalLimits = ({ resourceName }: ObjectRef, object: StoredObject): void => {
  const principals = Object.values(object.acl).flat().length;
  if (principals > MAX_PRINCIPALS_PER_OBJECT)
    throw invalid({
      location: "body",
      name: "permissions",
      description: `The object has ${principals} principals in its permissions; at most ${MAX_PRINCIPALS_PER_OBJECT} are allowed. Put users into a group and name the group`,
    });
  const members = resourceName === "group" ? groupMembers(object).length : 0;
  if (members > MAX_GROUP_MEMBERS)
    throw invalid({
      location: "body",
      name: "data.members",
      description: `The group has ${members} members; at most ${MAX_GROUP_MEMBERS} are allowed. Use several groups`,
    });
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
 * Runs the hooks of a write and validates the data that they return. Hooks cannot change id and timestamp. They can add
 * permissions, but not remove any.
 */
const runBeforeHooks = async (
  context: StoreContext,
  session: Session,
  ref: ObjectRef,
  { data, acl, lastModified }: Pick<ObjectToStore, "data" | "acl"> & { readonly lastModified: number | undefined },
  user: UserId,
): Promise<Pick<ObjectToStore, "data" | "acl">> => {
  const existing = session.view.object(ref);
  const subject = { ...toObjectFields(ref), user_id: authorId(user) };
  const chosen = lastModified !== undefined && { last_modified: lastModified };
  const after = { new: { ...data, id: ref.id, ...chosen }, new_permissions: acl };
  const change =
    existing === undefined
      ? ({ ...subject, action: "create", ...after } as const)
      : ({ ...subject, action: "update", ...after, ...toPreviousState(existing) } as const);
  const { data: replaced, added = {} } = (await context.hooks?.before(session, change)) ?? {};
  // A hook may have deleted the parent.
  requireParentExists(session.view, ref.list);
  const hookedAcl = normalizeAcl(addPermissions(acl, added), undefined);
  if (replaced === undefined) return { data, acl: hookedAcl };
  const { last_modified: _, ...prepared } = prepareData(ref.resourceName, replaced);
  const validated = await validateMetadata(ref.resourceName, prepared);
  return { data: await validateData(context, session.view, ref, validated), acl: hookedAcl };
};

/** Validates patched data for its resource, like that of a draft. */
const validatePatched = (resource: ResourceName, data: JsonObject): Promise<JsonObject> =>
  validateMetadata(resource, prepareData(resource, data, ""), { isPatched: true });

const toPreviousState = (existing: StoredObject) => ({ old: parseData(existing), old_permissions: existing.acl });

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
  await hooks?.before(session, { ...subject, action: "delete", ...toPreviousState(existing) });
};

/** Validates data by the schemas of its plugin, bucket and collection. Returns the data to store. */
const validateData = async (
  { validateSchemas }: StoreContext,
  view: View,
  ref: ObjectRef,
  data: JsonObject,
): Promise<JsonObject> => {
  const { resourceName } = ref;
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
