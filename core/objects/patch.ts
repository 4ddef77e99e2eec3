import { applyPatch, type Operation } from "rfc6902";
import { invalid } from "../errors.ts";
import { isObject, type Json, type JsonObject } from "../json.ts";
import type { Acl } from "../store/store.ts";

/** What PATCH changes: some fields (JSON), fields of fields (JSON Merge Patch, RFC 7396), or places (JSON Patch, RFC 6902). */
export type Patch =
  | { readonly kind: "fields"; readonly data?: JsonObject; readonly permissions?: Acl }
  | { readonly kind: "merge"; readonly data?: JsonObject; readonly permissions?: Readonly<Record<string, readonly string[] | null>> }
  | { readonly kind: "operations"; readonly operations: readonly PatchOperation[] };

/** An operation of a JSON Patch on `{data, permissions}`; a permission's principals are its keys. */
export type PatchOperation = { readonly op: string; readonly path: string; readonly from?: string; readonly value?: Json };

export interface Patched {
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

export const applyTo = (patch: Patch, { data, acl }: { data: JsonObject; acl: Acl }): Patched => {
  switch (patch.kind) {
    case "fields":
      return { data: { ...data, ...patch.data }, acl: { ...acl, ...patch.permissions }, wanted: patch.data ?? {} };
    case "merge":
      return { data: merged(data, patch.data ?? {}), acl: mergedAcl(acl, patch.permissions ?? {}), wanted: patch.data ?? {} };
    case "operations":
      return operated(patch.operations, { data, acl });
  }
};

const merged = (target: JsonObject, changes: JsonObject): JsonObject => {
  const result = new Map(Object.entries(target));
  for (const [key, change] of Object.entries(changes)) {
    const present = result.get(key);
    if (change === null) result.delete(key);
    else result.set(key, isObject(change) ? merged(isObject(present) ? present : {}, change) : change);
  }
  return Object.fromEntries(result);
};

/** As Kinto has it: what would take all permissions away leaves them. */
const mergedAcl = (acl: Acl, changes: Readonly<Record<string, readonly string[] | null>>): Acl => {
  const result = Object.fromEntries(Object.entries({ ...acl, ...changes }).flatMap(([name, given]) => (given === null ? [] : [[name, given]])));
  return Object.keys(result).length === 0 ? acl : result;
};

/** `read` and `write` are always there to be added to. */
const operated = (operations: readonly PatchOperation[], { data, acl }: { data: JsonObject; acl: Acl }): Patched => {
  const permissions = Object.fromEntries(
    Object.entries({ read: [], write: [], ...acl }).map(([name, given]) => [name, Object.fromEntries(given.map((one) => [one, one]))]),
  );
  const target: JsonObject = structuredClone({ data, permissions });
  const errors = applyPatch(target, operations.map(withPrincipal) as Operation[]);
  const failed = errors.find((error) => error !== null);
  if (failed !== undefined) throw failure(failed.message === "" ? failed.name : failed.message);
  if (!isObject(target.data)) throw failure("'data' must remain an object");
  if (!isObject(target.permissions)) throw failure("'permissions' must remain an object");
  const patched = Object.entries(target.permissions).map(([name, given]) => {
    if (!isObject(given)) throw failure(`'permissions/${name}' must remain a set of principals`);
    return [name, Object.keys(given)] as const;
  });
  return { data: target.data, acl: Object.fromEntries(patched), wanted: target.data };
};

/** What is put into a permission is the principal that the path ends with. */
const withPrincipal = (operation: PatchOperation): PatchOperation =>
  /^\/permissions\/(read|write)\//.test(operation.path) ? { ...operation, value: operation.path.split("/").at(-1) ?? "" } : operation;

const failure = (why: string) => invalid({ location: "body", name: null, description: `JSON Patch operation failed: ${why}` });
