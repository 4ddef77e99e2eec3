import type { Acl } from "../ports/store.ts";
import type { PastState } from "../ports/versions.ts";
import { type ListRef, type ObjectRef, objectRef, type ResourceName } from "../resources.ts";
import type { Session } from "../store/session.ts";
import type { View } from "../store/view.ts";
import { listGrantSources } from "./grant-sources.ts";
import { createPermission, grantingPermissions, type Permission } from "./inheritance.ts";
import { AUTHENTICATED, findNamedGroups, isGroup, isPlugin, plainPrincipals, type UserId } from "./principals.ts";
import { ANY_ID, currentScope, type Scope } from "./scope.ts";

/** Permissions that are granted by settings and plugins instead of by objects. */
export interface Grants {
  /**
   * Returns principals with a permission on a resource's objects at a location and below it (Kinto's
   * `<resource>_<permission>_principals`).
   */
  principals(
    permission: "create" | "read" | "write",
    resource: ResourceName,
    location: ObjectRef | null,
  ): readonly string[];
  /** Returns principals with a permission on a resource's objects at any location. */
  principalsAnywhere(permission: "create" | "read" | "write", resource: ResourceName): readonly string[];
  /** Returns principals with a permission on an object, as if the object's own permissions named them. */
  staticGrants(permission: string, ref: ObjectRef): readonly string[];
  /** All principals that settings name. */
  readonly namedPrincipals: ReadonlySet<string>;
}

/** Decides what a user may do in a view. */
export class Authorizer {
  readonly user: UserId;
  /** Limits what the user may do; `undefined` if nothing does. */
  readonly scope: Scope | undefined;
  readonly #principals: Set<string>;
  readonly #grants: Grants;
  readonly #view: View;
  #loadMore: (() => Promise<readonly string[]>) | undefined;

  /**
   * @param loadMore loads further principals; called at most once, when a group outside `principals` has the permission
   */
  constructor(
    user: UserId,
    principals: Iterable<string>,
    grants: Grants,
    view: View,
    loadMore?: () => Promise<readonly string[]>,
  ) {
    this.user = user;
    this.scope = isPlugin(user) ? undefined : currentScope();
    this.#principals = new Set(principals);
    this.#grants = grants;
    this.#view = view;
    this.#loadMore = loadMore;
  }

  /** Whether the user has a permission on an object. */
  async can(permission: Permission, ref: ObjectRef): Promise<boolean> {
    if (this.scope?.allows(permission, ref) === false) return false;
    return this.hasAny(this.#permittedPrincipals(permission, ref, ref.resourceName));
  }

  /**
   * Whether an object as it was may be shown to a user who has the permission now. The permissions of a bucket or collection
   * count for all since it was created, but not for another one with its id that was deleted before. Those of a record or
   * group count as they were.
   */
  canReadPast(permission: "read" | "read:attributes", ref: ObjectRef, was: PastState): Promise<boolean> {
    return this.hasAny(this.#permittedPrincipals(permission, ref, ref.resourceName, was));
  }

  async canCreateIn(list: ListRef): Promise<boolean> {
    const { parent, resource } = list;
    if (this.scope?.allowsCreateIn(list) === false) return false;
    if (parent === null) return this.hasAny(this.#grants.principals("create", resource.name, null));
    return this.hasAny(this.#permittedPrincipals(createPermission(list), parent, resource.name));
  }

  /** Whether the user may read or write all of a list, by a permission on its parent or by settings. */
  async canAccessList(permission: "read" | "write", list: ListRef): Promise<boolean> {
    return this.scope?.allowsList(permission, list) !== false && this.isGrantedList(permission, list);
  }

  /** Whether the user could read or write all of a list without the scope. */
  isGrantedList(permission: "read" | "write", list: ListRef): Promise<boolean> {
    const { parent, resource } = list;
    const granted = this.#staticPrincipals(permission, objectRef(list, ANY_ID));
    if (parent === null) return this.hasAny([...granted, ...this.#grants.principals(permission, resource.name, null)]);
    return this.hasAny([...granted, ...this.#permittedPrincipals(permission, parent, resource.name)]);
  }

  /** Whether the user has one of the principals that have a permission on an object. */
  async hasAnyOn(permission: Permission, ref: ObjectRef, principals: readonly string[]): Promise<boolean> {
    return this.scope?.allows(permission, ref) !== false && this.hasAny(principals);
  }

  /** Whether the user has one of the principals that have a permission on the whole store, which no scope can contain. */
  async hasAnyOnServer(principals: readonly string[]): Promise<boolean> {
    return this.scope === undefined && this.hasAny(principals);
  }

  /** Whether the user may read any object of a list, whatever its own permissions. */
  canReadAny(list: ListRef): Promise<boolean> {
    return this.can("read:attributes", objectRef(list, ANY_ID));
  }

  /** Whether the user has one of the principals, whatever the scope. */
  async hasAny(principals: readonly string[]): Promise<boolean> {
    if (principals.some((principal) => this.#principals.has(principal))) return true;
    const loadMore = this.#loadMore;
    if (loadMore === undefined || !principals.some(isGroup)) return false;
    this.#loadMore = undefined;
    for (const principal of await loadMore()) this.#principals.add(principal);
    return principals.some((principal) => this.#principals.has(principal));
  }

  /**
   * The principals with a permission on an object by its own permissions, its ancestors', static grants or settings.
   */
  #permittedPrincipals(
    permission: Permission,
    ref: ObjectRef,
    target: ResourceName,
    was?: PastState,
  ): readonly string[] {
    return listGrantSources(this.#grants, permission, { ref, target }, (granter) =>
      was === undefined ? this.#view.head(granter)?.acl : this.#findPastAcl(granter, ref, was),
    ).flatMap(({ principals }) => principals);
  }

  /** The permissions on an object or its ancestor that count for what the object was. A past is that of one bucket. */
  #findPastAcl(granter: ObjectRef, ref: ObjectRef, was: PastState): Acl | undefined {
    const head = this.#view.head(granter);
    if (granter.uri === ref.uri) {
      // Objects without content have no generation.
      const isSame = was.ownGeneration !== undefined && was.ownGeneration === head?.ownGeneration;
      return isSame ? head.acl : was.acl;
    }
    const isSame = granter.resourceName === "bucket" || this.#view.parentGeneration(ref.list) === was.parentGeneration;
    return isSame ? head?.acl : undefined;
  }

  /** The principals with static grants on an object itself. */
  #staticPrincipals(permission: Permission, ref: ObjectRef): readonly string[] {
    const { own } = grantingPermissions(ref.list.resource, permission);
    return own.flatMap((name) => this.#grants.staticGrants(name, ref));
  }
}

/**
 * Creates the authorizer of a user. Considers only groups that are named; those that have `system.Authenticated` as a
 * member are loaded only when needed.
 * @param principals what names groups besides settings: by default the permissions of the objects in the view
 */
export const createAuthorizer = async (
  session: Session,
  grants: Grants,
  user: UserId,
  principals: readonly string[] = session.view.namedPrincipals(),
): Promise<Authorizer> => {
  const { view } = session;
  const plain = plainPrincipals(user);
  if (user === null || isPlugin(user)) return new Authorizer(user, plain, grants, view);
  const named = [...new Set([...principals, ...grants.namedPrincipals])];
  const groups = await findNamedGroups(session, user, named);
  return new Authorizer(user, [...plain, ...groups], grants, view, () =>
    findNamedGroups(session, AUTHENTICATED, named),
  );
};
