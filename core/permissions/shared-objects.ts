import { grantPosition, type ObjectHead } from "../ports/store.ts";
import { ancestors, type ListRef, type ObjectRef, type Resources } from "../resources.ts";
import type { Session } from "../store/session.ts";
import { type Authorizer, createAuthorizer, type Grants } from "./authorizer.ts";
import { isGroup, plainPrincipals, readPrincipals, type UserId } from "./principals.ts";

/** Maximum number of objects that one request considers. */
const MAX_OBJECTS = 1000;
/** Maximum size of the objects that the table reads for one request, in bytes. It reads whole objects. */
export const MAX_SCANNED_BYTES = 8_000_000;
/** The objects of a part name about this many principals at most. Each may be a group that must be looked up. */
const MAX_PRINCIPALS = 2000;
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
  /** Where the next part starts; absent at the end. */
  readonly next?: SharePlace;
}

/**
 * Finds objects whose own permissions name the user or one of the user's groups, without their data. Both the objects
 * and the groups can be any number, so one call returns a part of them. Each object is in one part only.
 * @param list the list of the objects; all lists when absent
 */
export const findSharedObjects = async (
  session: Session,
  { grants, resources }: { readonly grants: Grants; readonly resources: Pick<Resources, "parseUri"> },
  user: UserId,
  { list, place = {} }: { readonly list?: ListRef | undefined; readonly place?: SharePlace | undefined },
): Promise<SharedObjects> => {
  session.forgetHeads();
  const { principals, next: nextGroup } = await readPrincipals(session, user, place.group);
  const query = { list, after: place.position, limit: MAX_OBJECTS };
  const { grants: addresses, next } =
    principals.length === 0 ? { grants: [] } : { next: undefined, ...(await session.findGrants(principals, query)) };

  const { view } = session;
  const found: SharedObject[] = [];
  let [read, bytes, named] = [0, 0, 0];
  while (read < addresses.length && bytes < MAX_SCANNED_BYTES && named < MAX_PRINCIPALS) {
    const isSmall = read > 0 && bytes / read <= MAX_SMALL_OBJECT_BYTES;
    const part = addresses
      .slice(read, read + (isSmall ? SMALL_OBJECTS_PER_READ : LARGE_OBJECTS_PER_READ))
      .map(({ list, id }) => resources.parseUri(`${list}/${id}`));
    const objects = part.filter((ref) => ref !== undefined);
    bytes += await session.readHeads({ objects, parents: objects.flatMap(ancestors) });
    for (const ref of part) {
      const head = ref && view.head(ref);
      if (ref !== undefined && head !== undefined) {
        found.push({ ref, head });
        named += principalsOf(head).length;
      }
      read++;
      if (named >= MAX_PRINCIPALS) break;
    }
  }
  const last = addresses[read - 1];
  const position = read < addresses.length && last !== undefined ? grantPosition(last) : next;
  const nextPlace =
    position !== undefined ? { ...place, position } : nextGroup !== undefined ? { group: nextGroup } : undefined;

  const authorizer = await createAuthorizer(
    session,
    grants,
    user,
    found.flatMap(({ head }) => principalsOf(head)),
  );
  const objects: SharedObject[] = [];
  for (const object of found) if (!(await isInEarlierPart(authorizer, object.head, place))) objects.push(object);
  return { objects, authorizer, bytes, ...(nextPlace && { next: nextPlace }) };
};

/** Whether an object names a principal of an earlier part. */
const isInEarlierPart = async (authorizer: Authorizer, head: ObjectHead, { group }: SharePlace): Promise<boolean> => {
  if (group === undefined) return false;
  const plain = plainPrincipals(authorizer.user);
  const earlier = principalsOf(head).filter((principal) =>
    isGroup(principal) ? principal <= group : plain.includes(principal),
  );
  return authorizer.hasAny(earlier);
};

const principalsOf = ({ acl }: ObjectHead): readonly string[] => Object.values(acl).flat();
