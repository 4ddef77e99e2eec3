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

/** Entries read per call when all objects of a list are visited. */
const PAGE_ENTRIES = 1000;

/** A user's permissions on one object. */
export interface GrantedPermissions {
  /** The object's URI, or `/` for permissions to create top-level objects. */
  readonly uri: string;
  readonly ref: ObjectRef | null;
  readonly permissions: readonly string[];
}

interface GrantContext {
  readonly grants: Grants;
  readonly resources: Resources;
}

/**
 * Lists all permissions that objects or settings grant a user, including those implied on the same object, but not
 * those inherited by its descendants.
 */
export const listGrantedPermissions = async (
  session: Session,
  { grants, resources }: GrantContext,
  authorizer: Authorizer,
): Promise<readonly GrantedPermissions[]> => {
  const granted = new Map<string, { ref: ObjectRef; permissions: Set<string> }>();
  const add = (ref: ObjectRef, permissions: readonly string[]) => {
    const entry = granted.get(ref.uri) ?? { ref, permissions: new Set<string>() };
    granted.set(ref.uri, entry);
    for (const permission of permissions.flatMap((name) => impliedPermissions(ref.list.resource, name)))
      entry.permissions.add(permission);
  };

  const refs = (await session.findGranted(authorizer.principals)).flatMap((uri) => resources.parseUri(uri) ?? []);
  const view = await session.read({ objects: refs.flatMap((ref) => [ref, ...ancestors(ref)]), clocks: [] });
  for (const ref of refs) {
    const named: string[] = [];
    for (const [name, principals] of Object.entries(view.object(ref)?.acl ?? {}))
      if (await authorizer.hasAny(principals)) named.push(name);
    if (named.length > 0) add(ref, named);
  }
  for (const [ref, permissions] of await findBySettings(session, { grants, resources }, authorizer))
    add(ref, permissions);
  const entries = [...granted.values()].map(({ ref, permissions }) => ({
    uri: ref.uri,
    ref,
    permissions: [...permissions],
  }));
  const creatable = await filterAsync(resources.top, ({ resource }) =>
    authorizer.hasAny(grants.principals("create", resource.name, null)),
  );
  const root = { uri: "/", ref: null, permissions: creatable.map(({ resource }) => `${resource.name}:create`) };
  return [...(creatable.length > 0 ? [root] : []), ...entries];
};

/** A setting `<resource>_<setting>_principals` that grants a permission on each object of another resource. */
type SettingGrant = readonly [
  on: ResourceName,
  setting: "create" | "read" | "write",
  resource: ResourceName,
  permission: string,
];

const SETTING_GRANTS: readonly SettingGrant[] = [
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

/** Returns the grants by which plugins allow creating their objects in buckets, collections and groups. */
const pluginGrants = ({ all }: Resources): readonly SettingGrant[] =>
  all.flatMap(({ name, parent, plugin }) =>
    plugin !== undefined && parent !== null && SETTING_GRANTS.some(([on]) => on === parent.name)
      ? [[parent.name, "create", name, `${name}:create`] as const]
      : [],
  );

/** Finds what settings grant on each existing bucket, collection and group. */
const findBySettings = async (
  session: Session,
  { grants, resources }: GrantContext,
  authorizer: Authorizer,
): Promise<readonly (readonly [ObjectRef, readonly string[]])[]> => {
  const applicable = await filterAsync([...SETTING_GRANTS, ...pluginGrants(resources)], ([, setting, resource]) =>
    authorizer.hasAny(grants.principalsAnywhere(setting, resource)),
  );
  const visited = new Set(applicable.map(([on]) => on));
  if (visited.size === 0) return [];
  const found: (readonly [ObjectRef, readonly string[]])[] = [];
  for await (const ref of visitObjects(session, resources, visited)) {
    const granting = await filterAsync(
      applicable,
      async ([on, setting, resource]) =>
        on === ref.resourceName && (await authorizer.hasAny(grants.principals(setting, resource, ref))),
    );
    if (granting.length > 0) found.push([ref, granting.map(([, , , permission]) => permission)]);
  }
  return found;
};

const filterAsync = async <T>(items: readonly T[], test: (item: T) => Promise<boolean>): Promise<T[]> => {
  const found: T[] = [];
  for (const item of items) if (await test(item)) found.push(item);
  return found;
};

/** Iterates over all objects of the given resources among buckets, collections and groups. */
async function* visitObjects(
  session: Session,
  { core }: Resources,
  names: ReadonlySet<ResourceName>,
): AsyncGenerator<ObjectRef> {
  for await (const bucket of visitList(session, listRef(core.bucket, null))) {
    if (names.has("bucket")) yield bucket;
    if (names.has("collection")) yield* visitList(session, listRef(core.collection, bucket));
    if (names.has("group")) yield* visitList(session, listRef(core.group, bucket));
  }
}

async function* visitList(session: Session, list: ListRef): AsyncGenerator<ObjectRef> {
  const view = await session.read({ objects: list.parent === null ? [] : [list.parent], clocks: [] });
  let after: PageCursor | undefined;
  do {
    const { entries, next }: Page = await session.readPage(list, {
      parentGeneration: view.parentGeneration(list) as Generation,
      tombstones: false,
      limit: PAGE_ENTRIES,
      after,
    });
    for (const { id } of entries) yield objectRef(list, id);
    after = next;
  } while (after !== undefined);
}
