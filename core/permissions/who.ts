import { ancestors, type ListRef, type ObjectRef, parseUri, type ResourceName } from "../resources.ts";
import type { Session } from "../store/session.ts";
import { dataOf, type View } from "../store/view.ts";
import { createPermission, granters, type Permission } from "./inheritance.ts";
import { plainPrincipals, type UserId } from "./principals.ts";

/** What is granted by settings rather than by any object. */
export interface Grants {
  /** Who has a permission on a resource's objects at a place or below it (Kinto's `<resource>_<permission>_principals`). */
  principals(permission: "create" | "read" | "write", resource: ResourceName, place: ObjectRef | null): readonly string[];
  /** Who has it at some place or other. */
  anywhere(permission: "create" | "read" | "write", resource: ResourceName): readonly string[];
  /** Whether some setting names the principal. */
  names(principal: string): boolean;
}

/** The asker of one request, and what it may do in the view it was made for. */
export class Who {
  readonly user: UserId;
  readonly #principals: ReadonlySet<string>;
  readonly #grants: Grants;
  readonly #view: View;

  constructor(user: UserId, principals: Iterable<string>, grants: Grants, view: View) {
    this.user = user;
    this.#principals = new Set(principals);
    this.#grants = grants;
    this.#view = view;
  }

  get principals(): readonly string[] {
    return [...this.#principals];
  }

  may(permission: Permission, ref: ObjectRef): boolean {
    return this.#has(permission, ref, ref.resource);
  }

  mayCreateIn(list: ListRef): boolean {
    return list.parent === null
      ? this.isAny(this.#grants.principals("create", list.resource, null))
      : this.#has(createPermission(list), list.parent, list.resource);
  }

  /** May read or write all of a list, by a permission on its parent or by settings. */
  mayAll(permission: "read" | "write", list: ListRef): boolean {
    return list.parent === null ? this.isAny(this.#grants.principals(permission, list.resource, null)) : this.#has(permission, list.parent, list.resource);
  }

  /** Whether one of the principals is meant. */
  isAny(principals: readonly string[]): boolean {
    return principals.some((principal) => this.#principals.has(principal));
  }

  /** Whether an object, its parents, or the settings for what is asked for, grant a permission on the object. */
  #has(permission: Permission, ref: ObjectRef, asked: ResourceName): boolean {
    return granters(ref, permission).some((granter) => {
      const acl = this.#view.object(granter.ref)?.acl;
      return granter.permissions.some((name) => this.isAny(acl?.[name] ?? []) || this.isAny(this.#setting(name, asked, ref)));
    });
  }

  #setting(permission: string, asked: ResourceName, place: ObjectRef): readonly string[] {
    const name = permission === `${asked}:create` ? "create" : permission;
    return name === "create" || name === "read" || name === "write" ? this.#grants.principals(name, asked, place) : [];
  }
}

/**
 * The asker with its groups: `named` are those that some object of the view or a setting gives a permission to, `all` is every one.
 * A group counts while it exists in the present life of its bucket; groups of buckets that the view does not hold, and
 * memberships written apart from their group, cost one more round of reading.
 */
export const identify = async (session: Session, grants: Grants, user: UserId, which: "named" | "all" = "named"): Promise<Who> => {
  const plain = plainPrincipals(user);
  if (user === null) return new Who(user, plain, grants, session.view);
  const view = await session.read({ objects: [], clocks: [], members: [user] });
  const groups: string[] = [];
  const doubtful: { ref: ObjectRef; of: string }[] = [];
  for (const { group, of, unproven } of view.memberships(user)) {
    const ref = parseUri(group);
    if (ref === undefined || (which === "named" && !view.names(group) && !grants.names(group))) continue;
    const life = view.life(ref.list);
    if (life === of && !unproven) groups.push(group);
    else if (life === undefined || unproven) doubtful.push({ ref, of });
  }
  if (doubtful.length > 0) {
    await session.read({ objects: doubtful.flatMap(({ ref }) => [ref, ...ancestors(ref)]), clocks: [] });
    for (const { ref, of } of doubtful) {
      const stored = view.object(ref);
      const members = stored !== undefined && stored.of === of ? dataOf(stored).members : undefined;
      if (Array.isArray(members) && members.includes(user)) groups.push(ref.uri);
    }
  }
  return new Who(user, [...plain, ...groups], grants, view);
};
