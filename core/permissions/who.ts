import { ancestors, type ListRef, type ObjectRef, objectRef, RESOURCES, type ResourceName } from "../resources.ts";
import type { Session } from "../store/session.ts";
import { dataOf, type View } from "../store/view.ts";
import { createPermission, granters, type Permission } from "./inheritance.ts";
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
  anywhere(permission: "create" | "read" | "write", resource: ResourceName): readonly string[];
  /** Who has a permission on an object as if the object itself named them. */
  given(permission: string, ref: ObjectRef): readonly string[];
  /** Whom some setting names. */
  readonly named: ReadonlySet<string>;
}

/** The asker of one request, and what it may do in the view it was made for. */
export class Who {
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

  may(permission: Permission, ref: ObjectRef): Promise<boolean> {
    return this.isAny(this.#permitted(permission, ref, ref.resource));
  }

  mayCreateIn(list: ListRef): Promise<boolean> {
    if (list.parent === null) return this.isAny(this.#grants.principals("create", list.resource, null));
    return this.isAny(this.#permitted(createPermission(list), list.parent, list.resource));
  }

  /** May read or write all of a list, by a permission on its parent or by settings. */
  mayAll(permission: "read" | "write", list: ListRef): Promise<boolean> {
    const each = this.#stated(permission, objectRef(list, EACH));
    if (list.parent === null) return this.isAny([...each, ...this.#grants.principals(permission, list.resource, null)]);
    return this.isAny([...each, ...this.#permitted(permission, list.parent, list.resource)]);
  }

  /** Whether one of the principals is meant. */
  async isAny(principals: readonly string[]): Promise<boolean> {
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
        ...this.#grants.given(name, granter.ref),
        ...this.#setting(name, asked, ref),
      ]);
    });
  }

  /** Who is given a permission, or one that implies it, on an object itself rather than on what it stands in. */
  #stated(permission: Permission, ref: ObjectRef): readonly string[] {
    return granters(ref, permission)
      .slice(0, 1)
      .flatMap(({ permissions }) => permissions.flatMap((name) => this.#grants.given(name, ref)));
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
export const identify = async (
  session: Session,
  grants: Grants,
  user: UserId,
  which: "named" | "all" = "named",
): Promise<Who> => {
  if (user === null || isPlugin(user)) return new Who(user, plainPrincipals(user), grants, session.view);
  const view = await session.read({
    objects: [],
    clocks: [],
    members: which === "all" ? [user, AUTHENTICATED] : [user],
  });
  const named = () => (which === "all" ? undefined : new Set([...view.named(), ...grants.named]));
  const own = await groupsOf(session, user, named);
  if (which === "named")
    return new Who(user, [...plainPrincipals(user), ...own], grants, view, () =>
      groupsOf(session, AUTHENTICATED, named),
    );
  return new Who(
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
  for (const { group, of: life, unproven } of memberships) {
    const ref = RESOURCES.parseUri(group);
    if (ref === undefined || of?.has(group) === false) continue;
    const present = view.life(ref.list);
    if (present === life && !unproven) groups.push(group);
    else if (present === undefined || unproven) doubtful.push({ ref, of: life });
  }
  if (doubtful.length > 0) {
    await session.read({ objects: doubtful.flatMap(({ ref }) => [ref, ...ancestors(ref)]), clocks: [] });
    for (const { ref, of: life } of doubtful) {
      const stored = view.object(ref);
      const members = stored !== undefined && stored.of === life ? dataOf(stored).members : undefined;
      if (Array.isArray(members) && members.includes(member)) groups.push(ref.uri);
    }
  }
  return groups;
};
