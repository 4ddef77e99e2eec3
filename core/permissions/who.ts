import { ancestors, type ListRef, type ObjectRef, parseUri } from "../resources.ts";
import type { Store } from "../store/store.ts";
import { dataOf, View } from "../store/view.ts";
import { createPermission, granters, type Permission } from "./inheritance.ts";
import { plainPrincipals, type UserId } from "./principals.ts";

/** What is granted by settings rather than by any object. */
export interface Grants {
  /** Who may create buckets. */
  readonly bucketCreate: readonly string[];
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
    return granters(ref, permission).some((granter) => {
      const acl = this.#view.object(granter.ref)?.acl;
      return acl !== undefined && granter.permissions.some((name) => this.isAny(acl[name] ?? []));
    });
  }

  mayCreateIn(list: ListRef): boolean {
    return list.parent === null ? this.isAny(this.#grants.bucketCreate) : this.may(createPermission(list), list.parent);
  }

  /** May read or write all of a list, by a permission on its parent. */
  mayAll(permission: "read" | "write", list: ListRef): boolean {
    return list.parent !== null && this.may(permission, list.parent);
  }

  /** Whether one of the principals is meant. */
  isAny(principals: readonly string[]): boolean {
    return principals.some((principal) => this.#principals.has(principal));
  }
}

/**
 * The asker with its groups: `named` are those that some object of the view or a setting gives a permission to, `all` is every one.
 * A group counts while it exists in the present life of its bucket; groups of buckets that the view does not hold, and
 * memberships written apart from their group, cost one more round of reading.
 */
export const identify = async (store: Store, grants: Grants, view: View, user: UserId, which: "named" | "all" = "named"): Promise<Who> => {
  const plain = plainPrincipals(user);
  const groups: string[] = [];
  const doubtful: { ref: ObjectRef; of: string }[] = [];
  for (const { group, of, unproven } of view.memberships) {
    const ref = parseUri(group);
    if (ref === undefined || (which === "named" && !view.names(group) && !grants.bucketCreate.includes(group))) continue;
    const life = view.life(ref.list);
    if (life === of && !unproven) groups.push(group);
    else if (life === undefined || unproven) doubtful.push({ ref, of });
  }
  if (doubtful.length > 0) {
    const seen = new View(await store.read({ objects: doubtful.flatMap(({ ref }) => [ref, ...ancestors(ref)]), clocks: [] }), 0);
    for (const { ref, of } of doubtful) {
      const stored = seen.object(ref);
      const members = stored !== undefined && stored.of === of ? dataOf(stored).members : undefined;
      if (Array.isArray(members) && members.includes(user)) groups.push(ref.uri);
    }
  }
  return new Who(user, [...plain, ...groups], grants, view);
};
