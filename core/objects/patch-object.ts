import { isDeepStrictEqual } from "node:util";
import { isObject, type Json, type JsonObject, parseJson } from "../../lib/json.ts";
import { applyJsonPatch, JsonPatchError, type PatchOperation } from "../../lib/json-patch.ts";
import { Failure, invalid } from "../errors.ts";
import { createAuthorizer } from "../permissions/authorizer.ts";
import { findPrincipalIssue, type UserId } from "../permissions/principals.ts";
import type { Acl, StoredObject } from "../ports/store.ts";
import type { ObjectRef, Resource } from "../resources.ts";
import type { Session } from "../store/session.ts";
import { parseData } from "../store/view.ts";
import { type ObjectResult, requireObject, requireWrite, toObjectResult } from "./checks.ts";
import { invalidBody, quoteValue } from "./draft.ts";
import { checkObjectPreconditions, type Preconditions } from "./preconditions.ts";
import { hideReasons, mergeSeenChanges, showExisting, showWritten } from "./read-as-user.ts";
import { replaceObjectPlan, requireSameId } from "./replace-object.ts";
import type { StoreContext } from "./store-context.ts";
import { storeObject } from "./store-object.ts";

export interface PatchObjectInput {
  readonly ref: ObjectRef;
  readonly user: UserId;
  /** Parses the preconditions; called after the permission check. */
  readonly preconditions: () => Preconditions;
  /** `full`: return the object; `light`: the fields that changed; `diff`: the fields that differ from the patch. */
  readonly behavior: () => "full" | "light" | "diff";
  readonly patch: () => Patch;
}

/**
 * A partial update: of fields (JSON), of nested fields (JSON Merge Patch, RFC 7396), or by operations (JSON Patch, RFC
 * 6902).
 */
export type Patch =
  | { readonly kind: "fields"; readonly data?: JsonObject; readonly permissions?: Acl }
  | {
      readonly kind: "merge";
      readonly data?: JsonObject;
      readonly permissions?: Readonly<Record<string, readonly string[] | null>>;
    }
  | {
      readonly kind: "operations";
      /** Operations on `{data, permissions}`, where each permission is an object whose keys are principals. */
      readonly operations: readonly PatchOperation[];
    };

interface PatchResult {
  readonly data: JsonObject;
  readonly acl: Acl;
  /** The fields in the patch, with their requested values. */
  readonly requested: JsonObject;
}

interface PatchTarget {
  readonly data: JsonObject;
  readonly acl: Acl;
}

/** PATCH of an object. */
export const patchObject = async (
  context: StoreContext,
  session: Session,
  { ref, user, preconditions, behavior: readBehavior, patch: readPatch }: PatchObjectInput,
): Promise<ObjectResult & { readonly data: JsonObject | undefined }> => {
  const view = await session.read(replaceObjectPlan(ref));
  const authorizer = await createAuthorizer(session, context.grants, user);
  await requireWrite(view, authorizer, ref);
  const [behavior, conditions, patch] = [readBehavior(), preconditions(), readPatch()];
  const existing = requireObject(view, ref);
  const show = showExisting(context, session, user, ref);
  await checkObjectPreconditions(authorizer, conditions, { ref, object: existing, listTimestamp: 0, show });
  requireChange(patch);
  const before = parseData(existing);
  const seen = context.readHooks === undefined ? before : parseSeen(await show(existing));
  // Operations read data. On stored data, they would reveal what hooks hide.
  const start = patch.kind === "operations" ? seen : before;
  const { data: patched, acl, requested } = applyPatch(ref.list.resource, patch, { data: start, acl: existing.acl });
  const data = start === before ? patched : mergeSeenChanges(before, seen, patched);
  requireSameId(ref, data.id);

  const store = () => storeObject(context, session, ref, { data, acl, user, isPatched: true });
  const object = await hideReasons(existing, show, patch.kind === "operations" ? {} : requested, store);
  const full = await toObjectResult(authorizer, ref, object);
  const visible = await showWritten(context, session, user, ref, full);
  const result = { ...visible, data: undefined };
  if (behavior === "full") return result;
  const after = parseData(visible.object);
  const changed = Object.keys(requested).filter(
    (field) => Object.hasOwn(after, field) && !isSameField(seen, after, field),
  );
  const fields = behavior === "light" ? changed : changed.filter((field) => !isSameField(requested, after, field));
  return { ...result, data: Object.fromEntries(fields.map((field) => [field, after[field] as Json])) };
};

const parseSeen = (visible: StoredObject | undefined): JsonObject => (visible === undefined ? {} : parseData(visible));

/** A missing field equals `null`. */
const isSameField = (a: JsonObject, b: JsonObject, field: string): boolean =>
  isDeepStrictEqual(ownField(a, field), ownField(b, field));
const ownField = (object: JsonObject, field: string): Json =>
  Object.hasOwn(object, field) ? (object[field] as Json) : null;

/** Throws 400 for an empty patch. */
const requireChange = (patch: Patch): void => {
  if (patch.kind === "operations" || patch.data !== undefined || patch.permissions !== undefined) return;
  throw invalidBody("data", "Provide at least one of data or permissions");
};

const applyPatch = (resource: Resource, patch: Patch, { data, acl }: PatchTarget): PatchResult => {
  switch (patch.kind) {
    case "fields":
      return { data: { ...data, ...patch.data }, acl: { ...acl, ...patch.permissions }, requested: patch.data ?? {} };
    case "merge":
      return {
        data: mergeFields(data, patch.data ?? {}),
        acl: mergeAcl(acl, patch.permissions ?? {}),
        requested: patch.data ?? {},
      };
    case "operations":
      return applyOperations(resource, patch.operations, { data, acl });
  }
};

const mergeFields = (target: JsonObject, changes: JsonObject): JsonObject => {
  const result = new Map(Object.entries(target));
  for (const [key, change] of Object.entries(changes)) {
    const current = result.get(key);
    if (change === null) result.delete(key);
    else result.set(key, isObject(change) ? mergeFields(isObject(current) ? current : {}, change) : change);
  }
  return Object.fromEntries(result);
};

/** As in Kinto, a patch that would remove all permissions leaves them unchanged. */
const mergeAcl = (acl: Acl, changes: Readonly<Record<string, readonly string[] | null>>): Acl => {
  const result = Object.fromEntries(
    Object.entries({ ...acl, ...changes }).flatMap(([name, principals]) =>
      principals === null ? [] : [[name, principals]],
    ),
  );
  return Object.keys(result).length === 0 ? acl : result;
};

const operationFailed = (reason: string): Failure =>
  invalid({ location: "body", name: null, description: `JSON Patch operation failed: ${reason}` });

const runOperations = (target: JsonObject, operations: readonly PatchOperation[]): void => {
  try {
    applyJsonPatch(target, operations);
  } catch (error) {
    if (!(error instanceof JsonPatchError)) throw error;
    if (error.tooLarge) throw new Failure("REQUEST_TOO_LARGE", { message: `${error.message}.`, cause: error });
    throw operationFailed(error.message);
  }
};

/** `read` and `write` exist even when they are empty, so that operations can add to them. */
const applyOperations = (
  resource: Resource,
  operations: readonly PatchOperation[],
  { data, acl }: PatchTarget,
): PatchResult => {
  const permissions = Object.fromEntries(
    Object.entries({ read: [], write: [], ...acl }).map(([name, principals]) => [
      name,
      Object.fromEntries(principals.map((principal) => [principal, principal])),
    ]),
  );
  const target: JsonObject = { data: parseJson(JSON.stringify(data)) as Json, permissions };
  runOperations(target, operations.map(withPrincipal));
  if (!isObject(target.data)) throw operationFailed("'data' must remain an object");
  if (!isObject(target.permissions)) throw operationFailed("'permissions' must remain an object");
  const patched = Object.entries(target.permissions).map(([name, value]) => {
    // The object may still have permissions of a plugin that was removed.
    if (!resource.permissions.includes(name) && !Object.hasOwn(acl, name))
      throw operationFailed(`${quoteValue(name)} is no permission on a ${resource.name}`);
    return [name, readPrincipals(name, value)] as const;
  });
  return { data: target.data, acl: Object.fromEntries(patched), requested: target.data };
};

/** The value of an operation on a permission is the principal at the end of its path. */
const withPrincipal = (operation: PatchOperation): PatchOperation =>
  /^\/permissions\/(read|write)\//.test(operation.path)
    ? { ...operation, value: operation.path.split("/").at(-1) ?? "" }
    : operation;

/** Reads the principals of a patched permission: the keys of an object, or the items of an array. */
const readPrincipals = (permission: string, value: Json): string[] => {
  const principals = Array.isArray(value) ? value : isObject(value) ? Object.keys(value) : undefined;
  if (principals === undefined) throw operationFailed(`'permissions/${permission}' must remain a set of principals`);
  const issue = principals.map(findPrincipalIssue).find((found) => found !== undefined);
  if (issue !== undefined) throw operationFailed(`'permissions/${permission}': ${issue}`);
  return principals.map(String);
};
