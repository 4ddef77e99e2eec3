import type { Page, PageCursor } from "../ports/store.ts";
import {
  ancestors,
  type Generation,
  type ListRef,
  listRef,
  type ObjectRef,
  objectRef,
  type ResourceName,
  type Resources,
} from "../resources.ts";
import type { Session } from "../store/session.ts";
import { type Authorizer, type Grants, impliedPermissions } from "./authorizer.ts";

/** What somebody may do at one place. */
export interface GrantedPermissions {
  /** `/` for what may be done without any object: to create buckets, or what else stands at the top level. */
  readonly uri: string;
  readonly ref: ObjectRef | null;
  readonly permissions: readonly string[];
}

interface GrantedIn {
  readonly grants: Grants;
  readonly resources: Resources;
}

/**
 * All that objects themselves, or settings, permit somebody: permissions on an object, with those on the same object that they imply,
 * but not on what is below it.
 */
export const listGrantedPermissions = async (
  session: Session,
  { grants, resources }: GrantedIn,
  who: Authorizer,
): Promise<readonly GrantedPermissions[]> => {
  const found = new Map<string, { ref: ObjectRef; permissions: Set<string> }>();
  const add = (ref: ObjectRef, permissions: readonly string[]) => {
    const entry = found.get(ref.uri) ?? { ref, permissions: new Set<string>() };
    found.set(ref.uri, entry);
    for (const permission of permissions.flatMap((name) => impliedPermissions(ref.list.resource, name)))
      entry.permissions.add(permission);
  };

  const refs = (await session.findGranted(who.principals)).flatMap((uri) => resources.parseUri(uri) ?? []);
  const view = await session.read({ objects: refs.flatMap((ref) => [ref, ...ancestors(ref)]), clocks: [] });
  for (const ref of refs) {
    const named: string[] = [];
    for (const [name, principals] of Object.entries(view.object(ref)?.acl ?? {}))
      if (await who.hasAny(principals)) named.push(name);
    if (named.length > 0) add(ref, named);
  }
  for (const [ref, permissions] of await fromSettings(session, { grants, resources }, who)) add(ref, permissions);
  const entries = [...found.values()].map(({ ref, permissions }) => ({
    uri: ref.uri,
    ref,
    permissions: [...permissions],
  }));
  const makes = await whichOf(resources.top, ({ resource: kind }) =>
    who.hasAny(grants.principals("create", kind.name, null)),
  );
  const root = { uri: "/", ref: null, permissions: makes.map(({ resource: kind }) => `${kind.name}:create`) };
  return [...(makes.length > 0 ? [root] : []), ...entries];
};

type Setting = readonly [on: ResourceName, setting: "create" | "read" | "write", of: ResourceName, permission: string];

/** Settings that permit something on an object of a resource: which, and the permission that it is there. */
const SETTINGS: readonly Setting[] = [
  ["bucket", "read", "bucket", "read"],
  ["bucket", "write", "bucket", "write"],
  ["bucket", "create", "collection", "collection:create"],
  ["bucket", "create", "group", "group:create"],
  ["collection", "read", "collection", "read"],
  ["collection", "write", "collection", "write"],
  ["collection", "create", "record", "record:create"],
  ["group", "read", "group", "read"],
  ["group", "write", "group", "write"],
];

/** Whom plugins let create their objects, in objects that are gone through. */
const fromPlugins = ({ all }: Resources): readonly Setting[] =>
  all.flatMap(({ name, parent, plugin: added }) =>
    added !== undefined && parent !== null && SETTINGS.some(([on]) => on === parent.name)
      ? [[parent.name, "create", name, `${name}:create`] as const]
      : [],
  );

/** What settings permit on each bucket, collection and group that there is. */
const fromSettings = async (
  session: Session,
  { grants, resources }: GrantedIn,
  who: Authorizer,
): Promise<readonly (readonly [ObjectRef, readonly string[]])[]> => {
  const somewhere = await whichOf([...SETTINGS, ...fromPlugins(resources)], ([, setting, of]) =>
    who.hasAny(grants.principalsAnywhere(setting, of)),
  );
  const walked = new Set(somewhere.map(([on]) => on));
  if (walked.size === 0) return [];
  const permitted: (readonly [ObjectRef, readonly string[]])[] = [];
  for await (const ref of objects(session, resources, walked)) {
    const here = await whichOf(
      somewhere,
      async ([on, setting, of]) => on === ref.resourceName && (await who.hasAny(grants.principals(setting, of, ref))),
    );
    if (here.length > 0) permitted.push([ref, here.map(([, , , permission]) => permission)]);
  }
  return permitted;
};

const whichOf = async <T>(all: readonly T[], test: (one: T) => Promise<boolean>): Promise<T[]> => {
  const found: T[] = [];
  for (const one of all) if (await test(one)) found.push(one);
  return found;
};

/** All buckets, collections and groups, of those resources that are asked for. */
async function* objects(
  session: Session,
  { core }: Resources,
  asked: ReadonlySet<ResourceName>,
): AsyncGenerator<ObjectRef> {
  for await (const bucket of objectsIn(session, listRef(core.bucket, null))) {
    if (asked.has("bucket")) yield bucket;
    if (asked.has("collection")) yield* objectsIn(session, listRef(core.collection, bucket));
    if (asked.has("group")) yield* objectsIn(session, listRef(core.group, bucket));
  }
}

async function* objectsIn(session: Session, list: ListRef): AsyncGenerator<ObjectRef> {
  const view = await session.read({ objects: list.parent === null ? [] : [list.parent], clocks: [] });
  let after: PageCursor | undefined;
  do {
    const { entries, next }: Page = await session.readPage(list, {
      parentGeneration: view.parentGeneration(list) as Generation,
      tombstones: false,
      limit: 1000,
      after,
    });
    for (const { id } of entries) yield objectRef(list, id);
    after = next;
  } while (after !== undefined);
}
