import { grantPosition, type ObjectHead } from "../ports/store.ts";
import { ancestors, type ListRef, type ObjectRef, type Resources } from "../resources.ts";
import type { ReadBudget } from "../store/read-budget.ts";
import type { Session } from "../store/session.ts";
import { type Authorizer, createAuthorizer, type Grants } from "./authorizer.ts";
import { isGroup, plainPrincipals, readPrincipals, type UserId } from "./principals.ts";

/** Maximum number of objects that one request considers. */
const MAX_OBJECTS = 1000;
/** The objects of a part name about this many principals at most. Each may be a group that must be looked up. */
const MAX_PRINCIPALS = 2000;
/** A part that is found again may have grown to so many times its limits. Strangers may have shared more meanwhile. */
const MAX_PART_GROWTH = 4;
/** Objects whose permissions are read at a time: few until their size is known. */
const LARGE_OBJECTS_PER_READ = 20;
const SMALL_OBJECTS_PER_READ = 100;
const MAX_SMALL_OBJECT_BYTES = 16_000;

/** Where a part of the shared objects starts. */
export interface SharePlace {
  /** Skip the user's groups up to this one, and the principals without groups. */
  readonly group?: string | undefined;
  /** Skip the objects up to this position. */
  readonly position?: string | undefined;
  /**
   * The last position of the part, if there are more. So pages within a part are of the same objects, also when some were
   * deleted or have grown meanwhile. A part that has grown too much ends earlier.
   */
  readonly until?: string | undefined;
}

export interface SharedObjectsQuery {
  /** The list of the objects; all lists when absent. */
  readonly list?: ListRef | undefined;
  readonly place?: SharePlace | undefined;
  readonly budget: ReadBudget;
}

/** An object that names one of a user's principals. */
interface SharedObject {
  readonly ref: ObjectRef;
  readonly head: ObjectHead;
}

export interface SharedObjects {
  readonly objects: readonly SharedObject[];
  /** Considers all of the user's groups that the objects name. */
  readonly authorizer: Authorizer;
  /** The size of the objects with their data, in bytes. */
  readonly bytes: number;
  /** This part. */
  readonly place: SharePlace | undefined;
  /** Where the next part starts; absent at the end. */
  readonly next?: SharePlace;
}

/**
 * Finds objects whose own permissions name the user or one of the user's groups, without their data. Both the objects
 * and the groups can be any number, so one call returns a part of them. Each object is in one part only.
 */
export const findSharedObjects = async (
  session: Session,
  { grants, resources }: { readonly grants: Grants; readonly resources: Pick<Resources, "parseUri"> },
  user: UserId,
  { list, place, budget }: SharedObjectsQuery,
): Promise<SharedObjects> => {
  budget.requireRest();
  session.forgetHeads();
  const { group, position: after, until } = place ?? {};
  const { principals, next: nextGroup } = await readPrincipals(session, user, group);
  const { grants: found, next } =
    principals.length === 0
      ? { grants: [] }
      : { next: undefined, ...(await session.findGrants(principals, { list, after, limit: MAX_OBJECTS })) };
  const addresses = until === undefined ? found : found.filter((address) => grantPosition(address) >= until);

  const { view } = session;
  const named: SharedObject[] = [];
  let [read, bytes, principalCount] = [0, 0, 0];
  const growth = until === undefined ? 1 : MAX_PART_GROWTH;
  const maxPrincipals = growth * MAX_PRINCIPALS;
  const isFull = () => bytes >= growth * budget.partBytes || principalCount >= maxPrincipals;
  while (read < addresses.length && !isFull()) {
    const isSmall = read > 0 && bytes / read <= MAX_SMALL_OBJECT_BYTES;
    const part = addresses
      .slice(read, read + (isSmall ? SMALL_OBJECTS_PER_READ : LARGE_OBJECTS_PER_READ))
      .map(({ list, id }) => resources.parseUri(`${list}/${id}`));
    const objects = part.filter((ref) => ref !== undefined);
    bytes += await session.readHeads({ objects, parents: objects.flatMap(ancestors) });
    for (const ref of part) {
      const head = ref && view.head(ref);
      if (ref !== undefined && head !== undefined) {
        named.push({ ref, head });
        principalCount += principalsOf(head).length;
      }
      read++;
      if (principalCount >= maxPrincipals) break;
    }
  }
  budget.spend(bytes);
  const last = addresses[read - 1];
  // Positions are descending.
  const unread = read < addresses.length && last !== undefined ? grantPosition(last) : next;
  const position = until === undefined || (unread !== undefined && unread > until) ? unread : until;
  const nextPlace =
    position !== undefined ? { group, position } : nextGroup !== undefined ? { group: nextGroup } : undefined;

  const authorizer = await createAuthorizer(
    session,
    grants,
    user,
    named.flatMap(({ head }) => principalsOf(head)),
  );
  const objects: SharedObject[] = [];
  for (const object of named) if (!(await isInEarlierPart(authorizer, object.head, group))) objects.push(object);
  const part = position === undefined ? place : { group, position: after, until: position };
  return { objects, authorizer, bytes, place: part, ...(nextPlace && { next: nextPlace }) };
};

/** Whether an object names a principal of an earlier part. */
const isInEarlierPart = async (
  authorizer: Authorizer,
  head: ObjectHead,
  group: string | undefined,
): Promise<boolean> => {
  if (group === undefined) return false;
  const plain = plainPrincipals(authorizer.user);
  const earlier = principalsOf(head).filter((principal) =>
    isGroup(principal) ? principal <= group : plain.includes(principal),
  );
  return authorizer.hasAny(earlier);
};

const principalsOf = ({ acl }: ObjectHead): readonly string[] => Object.values(acl).flat();
