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

/** Bytes of an item in DynamoDB (400 KB), less room for keys and the store's own attributes. */
export const MAX_OBJECT_BYTES = 400 * 1024 - 8 * 1024;

export interface ObjectToStore {
  readonly data: JsonObject;
  readonly acl: Acl;
  readonly user: UserId;
  readonly from: DataOrigin;
}

/**
 * Checks what is to become of an object, and has it stored. Its `last_modified` is the one in `data`, if that lies after the present one.
 * Its parents must have been read.
 */
export const storeObject = async (
  world: StoreContext,
  session: Session,
  ref: ObjectRef,
  { data, acl, user, from }: ObjectToStore,
): Promise<StoredObject> => {
  const { view } = session;
  const { last_modified, ...given } = prepareData(ref.resourceName, data, from === "patch" ? "" : "data.");
  const asked = await validateData(world, view, ref, given, from);
  const object = view.put(ref, {
    data: world.hooks === undefined ? asked : await runBeforeHooks(world, session, ref, asked, user),
    acl: normalizeAcl(acl, world.explicitPermissions ? authorId(user) : undefined),
    by: authorId(user),
    given: acceptTimestamp(last_modified, view.object(ref)),
  });
  requireFit(object);
  return object;
};

/** A time that a writer gives (Kinto's replication): it counts if it is a whole number and, for what exists, lies ahead. */
export const acceptTimestamp = (time: unknown, existing: StoredObject | undefined): number | undefined => {
  if (!Number.isInteger(time)) return undefined;
  const given = Number(time);
  if (given < 0 || given > MAX_TIMESTAMP_MS) {
    throw invalid({
      location: "body",
      name: "data.last_modified",
      description: `last_modified is a time in ms, from 0 to ${MAX_TIMESTAMP_MS}`,
    });
  }
  return existing !== undefined && given <= existing.last_modified ? undefined : given;
};

/** Refuses (413) what does not fit into an item: better here, in words, than by the table. */
const requireFit = ({ json, acl }: StoredObject): void => {
  const bytes = Buffer.byteLength(json) + Buffer.byteLength(JSON.stringify(acl));
  if (bytes > MAX_OBJECT_BYTES) {
    throw new Failure("REQUEST_TOO_LARGE", {
      message: `The object has ${bytes} bytes with its permissions; ${MAX_OBJECT_BYTES} can be stored. Split it, or store less.`,
    });
  }
};

/** What is to be stored after all: what hooks make of it is checked like what is asked for. Id, time and permissions are not theirs to change. */
export const runBeforeHooks = async (
  world: StoreContext,
  session: Session,
  ref: ObjectRef,
  asked: JsonObject,
  user: UserId,
): Promise<JsonObject> => {
  const existing = session.view.object(ref);
  const data = { ...asked, id: ref.id };
  const place = { ...toObjectFields(ref), user_id: authorId(user) };
  const change =
    existing === undefined
      ? ({ ...place, action: "create", new: data } as const)
      : ({ ...place, action: "update", new: data, old: parseData(existing) } as const);
  const made = await world.hooks?.before(session, change);
  // They may have deleted what it stands in.
  requireParentExists(session.view, ref.list);
  if (made === undefined) return asked;
  const { last_modified: _, ...given } = prepareData(ref.resourceName, made);
  return validateData(world, session.view, ref, await validateMetadata(ref.resourceName, given), "draft");
};

/** Lets hooks look at a deletion before it is made. */
export const runDeletionHooks = async (
  { hooks }: StoreContext,
  session: Session,
  ref: ObjectRef,
  user: UserId,
): Promise<void> => {
  const existing = session.view.object(ref);
  if (existing === undefined) return;
  await hooks?.before(session, {
    ...toObjectFields(ref),
    user_id: authorId(user),
    action: "delete",
    old: parseData(existing),
  });
};

/** Where data is from: a draft that was checked, a patch of what is stored, or the store itself. */
export type DataOrigin = "draft" | "patch" | "store";

/** The data as it is to be stored: its own schemas are schemas, and it is as those of its bucket and collection, or the plugin that brings it, demand. */
export const validateData = async (
  { validateSchemas: validatesSchemas }: StoreContext,
  view: View,
  ref: ObjectRef,
  given: JsonObject,
  from: DataOrigin,
): Promise<JsonObject> => {
  const { resourceName: resource } = ref;
  const data = from === "patch" ? await validateMetadata(resource, given, { isPatched: true }) : given;
  await requireSound(ref.list.resource, data);
  if (!validatesSchemas || !(resource === "record" || resource === "collection" || resource === "group")) return data;
  const parents = ancestors(ref).map((parent) => view.object(parent));
  const bucket = parents.at(-1);
  if (bucket === undefined) return data;
  if (resource !== "record") {
    await validateInBucket(resource, { ...data, id: ref.id }, parseData(bucket));
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

/** Flaws of one object that are told. */
const MOST_FLAWS = 20;

/** Throws a 400 where data is not as its plugin demands, naming each field. */
const requireSound = async ({ plugin: added }: Resource, { id: _, ...data }: JsonObject): Promise<void> => {
  if (added?.findIssues === undefined) return;
  const flaws = await added.findIssues(data);
  const [first, ...more] = flaws.slice(0, MOST_FLAWS).map(({ path, message }) => ({
    location: "body" as const,
    name: ["data", ...path.map(String)].join("."),
    description: message,
  }));
  if (first !== undefined) throw invalid(first, ...more);
};
