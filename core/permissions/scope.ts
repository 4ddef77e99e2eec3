import { AsyncLocalStorage } from "node:async_hooks";
import { isId, type ListRef, type ObjectRef, objectRef } from "../resources.ts";
import { type DeclaredPermissions, matchesPath, splitPath } from "./areas.ts";
import { createPermission, granters, type Permission } from "./inheritance.ts";

/** Matches every object id. Never a valid id itself. */
export const ANY_ID = "*";

/** Paths of objects by permission. */
type ScopePaths = ReadonlyMap<string, readonly (readonly string[])[]>;

/**
 * What a request may do at most: permissions on objects, which imply others as the permissions of objects do. A scope
 * grants nothing: the user needs each permission too.
 */
export class Scope {
  /** Each of them limits the request. */
  readonly declared: readonly DeclaredPermissions[];
  readonly #limits: readonly ScopePaths[];

  constructor(declared: readonly DeclaredPermissions[]) {
    this.declared = declared;
    this.#limits = declared.map(
      (permissions) => new Map(Object.entries(permissions).map(([name, uris]) => [name, uris.map(splitPath)])),
    );
  }

  allows(permission: Permission, ref: ObjectRef): boolean {
    const granting = granters(ref, permission);
    return this.#limits.every((paths) =>
      granting.some((granter) => granter.permissions.some((name) => matchesAny(paths.get(name), granter.ref.uri))),
    );
  }

  allowsCreateIn(list: ListRef): boolean {
    const { parent } = list;
    const permission = createPermission(list);
    if (parent !== null) return this.allows(permission, parent);
    return this.#limits.every((paths) => matchesAny(paths.get(permission), "/"));
  }

  /** Whether it allows reading or writing all objects of a list. */
  allowsList(permission: "read" | "write", list: ListRef): boolean {
    return this.allows(permission, objectRef(list, ANY_ID));
  }

  /** The ids of a list that it names, and so may allow although it does not allow the list. */
  idsIn({ uri }: ListRef): readonly string[] {
    const length = splitPath(uri).length;
    const ids = this.#limits.flatMap((paths) =>
      [...paths.values()]
        .flat()
        .flatMap((path) => (matchesPath(path.slice(0, length), uri) ? (path[length] ?? []) : [])),
    );
    return [...new Set(ids)].filter(isId);
  }
}

const matchesAny = (paths: readonly (readonly string[])[] | undefined, uri: string): boolean =>
  paths?.some((path) => matchesPath(path, uri)) === true;

/**
 * Creates the scope of a request from permissions by URI. Permissions and URIs that the store does not have allow nothing.
 * @throws TypeError for anything else, so that no mistake makes a request unlimited
 */
export const toScope = (permissions: { readonly [permission: string]: unknown } | undefined): Scope | undefined => {
  if (permissions === undefined) return undefined;
  const declared = Object.entries(permissions).filter(([, uris]) => uris !== undefined);
  const isValid = (entry: [string, unknown]): entry is [string, readonly string[]] =>
    Array.isArray(entry[1]) && entry[1].every((uri) => typeof uri === "string");
  if (!declared.every(isValid))
    throw new TypeError(
      'The scope of an identity is not valid. Return lists of URIs by permission, as in { read: ["/buckets/blog"] }.',
    );
  return new Scope([Object.fromEntries(declared)]);
};

const running = new AsyncLocalStorage<Scope | undefined>();

/** The scope of the running request or job; `undefined` if it may do all that its user may. */
export const currentScope = (): Scope | undefined => running.getStore();

/**
 * Runs work within a scope instead of the current one. What checks a user's permissions in it, at any depth, respects
 * the scope, so that no route can forget it. Plugins that act as themselves are not limited.
 */
export const runInScope = <T>(scope: Scope | undefined, work: () => T): T => running.run(scope, work);

/** Runs work within the current scope and another one. */
export const narrowScope = <T>(declared: readonly DeclaredPermissions[], work: () => T): T =>
  declared.length === 0 ? work() : runInScope(new Scope([...(currentScope()?.declared ?? []), ...declared]), work);
