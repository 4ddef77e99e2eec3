import { ancestors, type ListRef, type ObjectRef, objectRef, type Resource, type ResourceName } from "../resources.ts";
import type { Session } from "../store/session.ts";
import type { View } from "../store/view.ts";
import { AUTHENTICATED, findNamedGroups, isGroup, isPlugin, plainPrincipals, type UserId } from "./principals.ts";

/** A required permission. `read:attributes` allows reading the object itself, but not its children. */
export type Permission = "read" | "write" | "read:attributes" | "execute" | `${ResourceName}:create`;

const WRITE = ["write"];
const READ = ["write", "read"];
const EXECUTE = ["write", "execute"];
const NONE: readonly string[] = [];

/**
 * Returns the permissions that grant another on an object: `own`, on the object itself, and `inherited`, on its
 * ancestors. This is Kinto's `PERMISSIONS_INHERITANCE_TREE` for any resource: `write` grants everything below, and any
 * permission on an object grants reading its attributes.
 */
const grantingPermissions = (
  { permissions }: Resource,
  permission: Permission,
): { readonly own: readonly string[]; readonly inherited: readonly string[] } => {
  switch (permission) {
    case "write":
      return { own: WRITE, inherited: WRITE };
    case "read":
      return { own: READ, inherited: READ };
    case "read:attributes":
      return { own: permissions, inherited: READ };
    case "execute":
      return { own: EXECUTE, inherited: EXECUTE };
    default:
      return permissions.includes(permission)
        ? { own: ["write", permission], inherited: WRITE }
        : { own: NONE, inherited: NONE };
  }
};

/** Returns an object and its ancestors with the permissions on each that grant the permission on the object. */
export const granters = (
  ref: ObjectRef,
  permission: Permission,
): readonly { ref: ObjectRef; permissions: readonly string[] }[] => {
  const { own, inherited } = grantingPermissions(ref.list.resource, permission);
  return [{ ref, permissions: own }, ...ancestors(ref).map((ancestor) => ({ ref: ancestor, permissions: inherited }))];
};

/**
 * Returns the permissions on an object that let a user read or delete it in a list without a permission on the parent.
 */
export const sharingPermissions = (resource: Resource, permission: "read" | "write"): readonly string[] =>
  grantingPermissions(resource, permission === "read" ? "read:attributes" : "write").own;

/** Returns a permission on an object and all that it implies on the same object. */
export const impliedPermissions = (resource: Resource, permission: string): readonly string[] => {
  const creating = resource.children.map(({ name }): Permission => `${name}:create`);
  // Kinto distinguishes reading an object from reading its children only when it has children.
  const all: readonly Permission[] = [
    "write",
    "read",
    ...(creating.length > 0 ? (["read:attributes"] as const) : []),
    ...creating.toReversed(),
    ...(resource.permissions.includes("execute") ? (["execute"] as const) : []),
  ];
  return [permission, ...all.filter((implied) => grantingPermissions(resource, implied).own.includes(permission))];
};

/** Returns the permission on a list's parent that allows creating an object in the list. */
const createPermission = ({ resource }: ListRef): Permission => `${resource.name}:create`;

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

/** Matches every object id. Never a valid id itself. */
const ANY_ID = "*";

/** Decides what a user may do in a view. */
export class Authorizer {
  readonly user: UserId;
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
    this.#principals = new Set(principals);
    this.#grants = grants;
    this.#view = view;
    this.#loadMore = loadMore;
  }

  /** Whether the user has a permission on an object. */
  can(permission: Permission, ref: ObjectRef): Promise<boolean> {
    return this.hasAny(this.#permittedPrincipals(permission, ref, ref.resourceName));
  }

  canCreateIn(list: ListRef): Promise<boolean> {
    const { parent, resource } = list;
    if (parent === null) return this.hasAny(this.#grants.principals("create", resource.name, null));
    return this.hasAny(this.#permittedPrincipals(createPermission(list), parent, resource.name));
  }

  /** Whether the user may read or write all of a list, by a permission on its parent or by settings. */
  canAccessList(permission: "read" | "write", list: ListRef): Promise<boolean> {
    const { parent, resource } = list;
    const granted = this.#staticPrincipals(permission, objectRef(list, ANY_ID));
    if (parent === null) return this.hasAny([...granted, ...this.#grants.principals(permission, resource.name, null)]);
    return this.hasAny([...granted, ...this.#permittedPrincipals(permission, parent, resource.name)]);
  }

  /** Whether the user may read any object of a list, whatever its own permissions. */
  canReadAny(list: ListRef): Promise<boolean> {
    return this.can("read:attributes", objectRef(list, ANY_ID));
  }

  /** Whether the user has one of the principals. */
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
  #permittedPrincipals(permission: Permission, ref: ObjectRef, target: ResourceName): readonly string[] {
    return granters(ref, permission).flatMap((granter) => {
      const acl = this.#view.head(granter.ref)?.acl;
      return granter.permissions.flatMap((name) => [
        ...(acl?.[name] ?? []),
        ...this.#grants.staticGrants(name, granter.ref),
        ...this.#settingPrincipals(name, target, ref),
      ]);
    });
  }

  /** The principals with static grants on an object itself. */
  #staticPrincipals(permission: Permission, ref: ObjectRef): readonly string[] {
    const { own } = grantingPermissions(ref.list.resource, permission);
    return own.flatMap((name) => this.#grants.staticGrants(name, ref));
  }

  #settingPrincipals(permission: string, target: ResourceName, location: ObjectRef): readonly string[] {
    const name = permission === `${target}:create` ? "create" : permission;
    return name === "create" || name === "read" || name === "write"
      ? this.#grants.principals(name, target, location)
      : [];
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
