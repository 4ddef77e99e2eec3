import { isDeepStrictEqual } from "node:util";
import { isObject, type Json, type JsonObject } from "../../lib/json.ts";
import { failure, operate, type PatchOperation } from "../../lib/json-patch.ts";
import { invalid } from "../errors.ts";
import { createAuthorizer } from "../permissions/authorizer.ts";
import { findPrincipalIssue, type UserId } from "../permissions/principals.ts";
import type { Acl } from "../ports/store.ts";
import type { ObjectRef, Resource } from "../resources.ts";
import type { Session } from "../store/session.ts";
import { around, parseData } from "../store/view.ts";
import {
  checkObjectPreconditions,
  type ObjectResult,
  type Preconditions,
  requireObject,
  requireWrite,
  toObjectResult,
} from "./checks.ts";
import { quoteValue } from "./draft.ts";
import { requireSameId } from "./replace-object.ts";
import type { StoreContext } from "./store-context.ts";
import { storeObject } from "./store-object.ts";

export interface PatchObjectInput {
  readonly ref: ObjectRef;
  readonly user: UserId;
  /** Reads them; throws what is wrong with them. Asked only when the user may. */
  readonly preconditions: () => Preconditions;
  /** `light`: answer the fields that changed; `diff`: those that became other than the patch wanted. */
  readonly behavior: () => "full" | "light" | "diff";
  readonly patch: () => Patch;
}

/** PATCH: changes parts of an object. */
export const patchObject = async (
  world: StoreContext,
  session: Session,
  { ref, user, preconditions, behavior, patch }: PatchObjectInput,
): Promise<ObjectResult & { readonly data: JsonObject | undefined }> => {
  const view = await session.read(around(ref));
  const who = await createAuthorizer(session, world.grants, user);
  await requireWrite(view, who, ref);
  const [answered, conditions, change] = [behavior(), preconditions(), patch()];
  const existing = requireObject(view, ref);
  checkObjectPreconditions(conditions, existing, 0);
  requireChange(change);
  const before = parseData(existing);
  const { data, acl, wanted } = applyPatch(ref.list.resource, change, { data: before, acl: existing.acl });
  requireSameId(ref, data.id);

  const object = await storeObject(world, session, ref, { data, acl, user, from: "patch" });
  const told = { ...(await toObjectResult(who, object)), data: undefined };
  if (answered === "full") return told;
  const after = parseData(object);
  const changed = Object.keys(wanted).filter((field) => Object.hasOwn(after, field) && !same(before, after, field));
  const shown = answered === "light" ? changed : changed.filter((field) => !same(wanted, after, field));
  return { ...told, data: Object.fromEntries(shown.map((field) => [field, after[field] as Json])) };
};

/** `null` and nothing are the same. */
const same = (a: JsonObject, b: JsonObject, field: string): boolean => isDeepStrictEqual(own(a, field), own(b, field));
const own = (object: JsonObject, field: string): Json =>
  Object.hasOwn(object, field) ? (object[field] as Json) : null;

/** What PATCH changes: some fields (JSON), fields of fields (JSON Merge Patch, RFC 7396), or places (JSON Patch, RFC 6902). */
export type Patch =
  | { readonly kind: "fields"; readonly data?: JsonObject; readonly permissions?: Acl }
  | {
      readonly kind: "merge";
      readonly data?: JsonObject;
      readonly permissions?: Readonly<Record<string, readonly string[] | null>>;
    }
  | {
      readonly kind: "operations";
      /** On `{data, permissions}`; a permission's principals are its keys. */
      readonly operations: readonly PatchOperation[];
    };

export interface PatchResult {
  readonly data: JsonObject;
  readonly acl: Acl;
  /** The fields that the patch speaks of, as it wants them. */
  readonly wanted: JsonObject;
}

/** Refuses a patch that says nothing. */
export const requireChange = (patch: Patch): void => {
  if (patch.kind === "operations" || patch.data !== undefined || patch.permissions !== undefined) return;
  throw invalid({ location: "body", name: "data", description: "Provide at least one of data or permissions" });
};

export const applyPatch = (
  kind: Resource,
  patch: Patch,
  { data, acl }: { data: JsonObject; acl: Acl },
): PatchResult => {
  switch (patch.kind) {
    case "fields":
      return { data: { ...data, ...patch.data }, acl: { ...acl, ...patch.permissions }, wanted: patch.data ?? {} };
    case "merge":
      return {
        data: mergeFields(data, patch.data ?? {}),
        acl: mergeAcl(acl, patch.permissions ?? {}),
        wanted: patch.data ?? {},
      };
    case "operations":
      return applyOperations(kind, patch.operations, { data, acl });
  }
};

const mergeFields = (target: JsonObject, changes: JsonObject): JsonObject => {
  const result = new Map(Object.entries(target));
  for (const [key, change] of Object.entries(changes)) {
    const present = result.get(key);
    if (change === null) result.delete(key);
    else result.set(key, isObject(change) ? mergeFields(isObject(present) ? present : {}, change) : change);
  }
  return Object.fromEntries(result);
};

/** As Kinto has it: what would take all permissions away leaves them. */
const mergeAcl = (acl: Acl, changes: Readonly<Record<string, readonly string[] | null>>): Acl => {
  const result = Object.fromEntries(
    Object.entries({ ...acl, ...changes }).flatMap(([name, given]) => (given === null ? [] : [[name, given]])),
  );
  return Object.keys(result).length === 0 ? acl : result;
};

/** `read` and `write` are always there to be added to. */
const applyOperations = (
  kind: Resource,
  operations: readonly PatchOperation[],
  { data, acl }: { data: JsonObject; acl: Acl },
): PatchResult => {
  const permissions = Object.fromEntries(
    Object.entries({ read: [], write: [], ...acl }).map(([name, given]) => [
      name,
      Object.fromEntries(given.map((one) => [one, one])),
    ]),
  );
  const target: JsonObject = { data: JSON.parse(JSON.stringify(data)), permissions };
  operate(target, operations.map(withPrincipal));
  if (!isObject(target.data)) throw failure("'data' must remain an object");
  if (!isObject(target.permissions)) throw failure("'permissions' must remain an object");
  const patched = Object.entries(target.permissions).map(([name, given]) => {
    // What was given when a plugin brought it may stay when the plugin is gone.
    if (!kind.permissions.includes(name) && !Object.hasOwn(acl, name))
      throw failure(`${quoteValue(name)} is no permission on a ${kind.name}`);
    return [name, principalsIn(name, given)] as const;
  });
  return { data: target.data, acl: Object.fromEntries(patched), wanted: target.data };
};

/** What is put into a permission is the principal that the path ends with. */
const withPrincipal = (operation: PatchOperation): PatchOperation =>
  /^\/permissions\/(read|write)\//.test(operation.path)
    ? { ...operation, value: operation.path.split("/").at(-1) ?? "" }
    : operation;

/** The principals that a patched permission names: by its keys, or in a list. */
const principalsIn = (permission: string, given: Json): string[] => {
  const principals = Array.isArray(given) ? given : isObject(given) ? Object.keys(given) : undefined;
  if (principals === undefined) throw failure(`'permissions/${permission}' must remain a set of principals`);
  const flaw = principals.map(findPrincipalIssue).find((wrong) => wrong !== undefined);
  if (flaw !== undefined) throw failure(`'permissions/${permission}': ${flaw}`);
  return principals.map(String);
};
