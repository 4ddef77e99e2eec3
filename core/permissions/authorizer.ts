import {
  ancestors,
  type ListRef,
  type ObjectRef,
  objectRef,
  RESOURCES,
  type Resource,
  type ResourceName,
} from "../resources.ts";
import type { Session } from "../store/session.ts";
import { parseData, type View } from "../store/view.ts";
import { AUTHENTICATED, isPlugin, plainPrincipals, type UserId } from "./principals.ts";

/** What is granted by settings rather than by any object. */
export interface Grants {
  /** Who has a permission on a resource's objects at a place or below it (Kinto's `<resource>_<permission>_principals`), or on all that a plugin brings. */
  principals(
    permission: "create" | "read" | "write",
    resource: ResourceName,
    place: ObjectRef | null,
  ): readonly string[];
  /** Who has it at some place or other. */
  principalsAnywhere(permission: "create" | "read" | "write", resource: ResourceName): readonly string[];
  /** Who has a permission on an object as if the object itself named them. */
  staticGrants(permission: string, ref: ObjectRef): readonly string[];
  /** Whom some setting names. */
  readonly namedPrincipals: ReadonlySet<string>;
}

/** The asker of one request, and what it may do in the view it was made for. */
export class Authorizer {
  readonly user: UserId;
  readonly #principals: Set<string>;
  readonly #grants: Grants;
  readonly #view: View;
  #learn: (() => Promise<readonly string[]>) | undefined;

  /** @param learn finds more principals; asked once, and only where a group decides that the asker is not known to be in */
  constructor(
    user: UserId,
    principals: Iterable<string>,
    grants: Grants,
    view: View,
    learn?: () => Promise<readonly string[]>,
  ) {
    this.user = user;
    this.#principals = new Set(principals);
    this.#grants = grants;
    this.#view = view;
    this.#learn = learn;
  }

  get principals(): readonly string[] {
    return [...this.#principals];
  }

  can(permission: Permission, ref: ObjectRef): Promise<boolean> {
    return this.hasAny(this.#permitted(permission, ref, ref.resourceName));
  }

  canCreateIn(list: ListRef): Promise<boolean> {
    if (list.parent === null) return this.hasAny(this.#grants.principals("create", list.resource.name, null));
    return this.hasAny(this.#permitted(createPermission(list), list.parent, list.resource.name));
  }

  /** May read or write all of a list, by a permission on its parent or by settings. */
  canAccessList(permission: "read" | "write", list: ListRef): Promise<boolean> {
    const each = this.#stated(permission, objectRef(list, EACH));
    if (list.parent === null)
      return this.hasAny([...each, ...this.#grants.principals(permission, list.resource.name, null)]);
    return this.hasAny([...each, ...this.#permitted(permission, list.parent, list.resource.name)]);
  }

  /** Whether one of the principals is meant. */
  async hasAny(principals: readonly string[]): Promise<boolean> {
    if (principals.some((principal) => this.#principals.has(principal))) return true;
    const learn = this.#learn;
    if (learn === undefined || !principals.some(isGroup)) return false;
    this.#learn = undefined;
    for (const principal of await learn()) this.#principals.add(principal);
    return principals.some((principal) => this.#principals.has(principal));
  }

  /** Whom an object, its parents, or the settings for what is asked for, grant a permission on the object. */
  #permitted(permission: Permission, ref: ObjectRef, asked: ResourceName): readonly string[] {
    return granters(ref, permission).flatMap((granter) => {
      const acl = this.#view.object(granter.ref)?.acl;
      return granter.permissions.flatMap((name) => [
        ...(acl?.[name] ?? []),
        ...this.#grants.staticGrants(name, granter.ref),
        ...this.#setting(name, asked, ref),
      ]);
    });
  }

  /** Who is given a permission, or one that implies it, on an object itself rather than on what it stands in. */
  #stated(permission: Permission, ref: ObjectRef): readonly string[] {
    return granters(ref, permission)
      .slice(0, 1)
      .flatMap(({ permissions }) => permissions.flatMap((name) => this.#grants.staticGrants(name, ref)));
  }

  #setting(permission: string, asked: ResourceName, place: ObjectRef): readonly string[] {
    const name = permission === `${asked}:create` ? "create" : permission;
    return name === "create" || name === "read" || name === "write" ? this.#grants.principals(name, asked, place) : [];
  }
}

/** Stands for each id there may be, and is none. */
const EACH = "*";

const isGroup = (principal: string): boolean => principal.startsWith("/buckets/");

/**
 * The asker with its groups: `named` are those that some object of the view or a setting gives a permission to, `all` is every one.
 * A group that has everybody who logged in for a member is looked for only where it would decide.
 */
export const createAuthorizer = async (
  session: Session,
  grants: Grants,
  user: UserId,
  which: "named" | "all" = "named",
): Promise<Authorizer> => {
  if (user === null || isPlugin(user)) return new Authorizer(user, plainPrincipals(user), grants, session.view);
  const view = await session.read({
    objects: [],
    clocks: [],
    members: which === "all" ? [user, AUTHENTICATED] : [user],
  });
  const named = () => (which === "all" ? undefined : new Set([...view.namedPrincipals(), ...grants.namedPrincipals]));
  const own = await groupsOf(session, user, named);
  if (which === "named")
    return new Authorizer(user, [...plainPrincipals(user), ...own], grants, view, () =>
      groupsOf(session, AUTHENTICATED, named),
    );
  return new Authorizer(
    user,
    [...plainPrincipals(user), ...own, ...(await groupsOf(session, AUTHENTICATED, named))],
    grants,
    view,
  );
};

/**
 * The groups that somebody is in, or those `named`. A group counts while it exists in the present life of its bucket; groups of buckets
 * that the view does not hold, and memberships written apart from their group, cost one more round of reading.
 */
const groupsOf = async (
  session: Session,
  member: string,
  named: () => ReadonlySet<string> | undefined,
): Promise<readonly string[]> => {
  const view = await session.read({ objects: [], clocks: [], members: [member] });
  const memberships = view.memberships(member);
  if (memberships.length === 0) return [];
  const of = named();
  const groups: string[] = [];
  const doubtful: { ref: ObjectRef; of: string }[] = [];
  for (const { group, parentGeneration: life, unverified: unproven } of memberships) {
    const ref = RESOURCES.parseUri(group);
    if (ref === undefined || of?.has(group) === false) continue;
    const present = view.parentGeneration(ref.list);
    if (present === life && !unproven) groups.push(group);
    else if (present === undefined || unproven) doubtful.push({ ref, of: life });
  }
  if (doubtful.length > 0) {
    await session.read({ objects: doubtful.flatMap(({ ref }) => [ref, ...ancestors(ref)]), clocks: [] });
    for (const { ref, of: life } of doubtful) {
      const stored = view.object(ref);
      const members = stored !== undefined && stored.parentGeneration === life ? parseData(stored).members : undefined;
      if (Array.isArray(members) && members.includes(member)) groups.push(ref.uri);
    }
  }
  return groups;
};

/** The permission asked for; `read:attributes` is to read the object itself rather than its children. */
export type Permission = "read" | "write" | "read:attributes" | `${ResourceName}:create`;

const WRITE = ["write"];
const READ = ["write", "read"];
const NOTHING: readonly string[] = [];

/**
 * The permissions that give one on an object (Kinto's `PERMISSIONS_INHERITANCE_TREE`, for any resource): `here`, on the object itself,
 * and `above`, on each of its parents. Whoever may write may do everything below; whoever has any permission on an object may see it.
 */
const grantingPermissions = (
  { permissions }: Resource,
  permission: Permission,
): { readonly here: readonly string[]; readonly above: readonly string[] } => {
  switch (permission) {
    case "write":
      return { here: WRITE, above: WRITE };
    case "read":
      return { here: READ, above: READ };
    case "read:attributes":
      return { here: permissions, above: READ };
    default:
      return permissions.includes(permission)
        ? { here: ["write", permission], above: WRITE }
        : { here: NOTHING, above: NOTHING };
  }
};

/** The objects, and the permissions on each, any of which grants the permission on the object. */
export const granters = (
  ref: ObjectRef,
  permission: Permission,
): readonly { ref: ObjectRef; permissions: readonly string[] }[] => {
  const { here, above } = grantingPermissions(ref.list.resource, permission);
  return [{ ref, permissions: here }, ...ancestors(ref).map((at) => ({ ref: at, permissions: above }))];
};

/** The permissions on an object, any of which shows it (or has it deleted) in its list to those who have none on the list's parent. */
export const sharingPermissions = (kind: Resource, permission: "read" | "write"): readonly string[] =>
  grantingPermissions(kind, permission === "read" ? "read:attributes" : "write").here;

/** A permission on an object, and those on the same object that it gives. */
export const impliedPermissions = (kind: Resource, permission: string): readonly string[] => {
  const creating = kind.children.map(({ name }): Permission => `${name}:create`);
  // Only of what others stand in does Kinto tell apart to read it and to read what is in it.
  const all: readonly Permission[] = [
    "write",
    "read",
    ...(creating.length > 0 ? (["read:attributes"] as const) : []),
    ...creating.toReversed(),
  ];
  return [permission, ...all.filter((implied) => grantingPermissions(kind, implied).here.includes(permission))];
};

/** The permission that lets one add an object to a list; on its parent. */
export const createPermission = ({ resource: kind }: ListRef): Permission => `${kind.name}:create`;
