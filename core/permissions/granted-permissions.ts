import type { ObjectRef, ResourceName, Resources } from "../resources.ts";
import type { ReadBudget } from "../store/read-budget.ts";
import type { Session } from "../store/session.ts";
import { type Authorizer, createAuthorizer, type Grants } from "./authorizer.ts";
import { impliedPermissions, type Permission } from "./inheritance.ts";
import type { UserId } from "./principals.ts";
import { findSharedObjects, type SharePlace } from "./shared-objects.ts";
import { visitObjects } from "./visit-objects.ts";

/** Maximum number of objects that one request visits to find what settings grant. */
const MAX_VISITED_OBJECTS = 1000;

/** A user's permissions on one object. */
export interface GrantedPermissions {
  /** The object's URI, or `/` for permissions to create top-level objects. */
  readonly uri: string;
  readonly ref: ObjectRef | null;
  readonly permissions: readonly string[];
}

/** Where a part of a user's permissions starts: among the objects that name the user, or among all objects. */
export type GrantPlace = SharePlace & { readonly visited?: string | undefined };

export interface GrantedPart {
  readonly entries: readonly GrantedPermissions[];
  /** This part. */
  readonly place: GrantPlace | undefined;
  /** Where the next part starts; absent at the end. */
  readonly next?: GrantPlace;
}

interface GrantContext {
  readonly grants: Grants;
  readonly resources: Resources;
}

/**
 * Lists permissions that objects or settings grant a user, including those implied on the same object, but not those
 * inherited by its descendants. Their number is unlimited, so one call returns a part of them.
 */
export const listGrantedPermissions = async (
  session: Session,
  context: GrantContext,
  user: UserId,
  place: GrantPlace | undefined,
  budget: ReadBudget,
): Promise<GrantedPart> => {
  budget.requireRest();
  const { grants, resources } = context;
  const authorizer = await createAuthorizer(session, grants, user);
  const settingGrants = await findSettingGrants(context, authorizer);
  const entries: GrantedPermissions[] = [];
  if (isFirstPart(place)) entries.push(...(await rootEntries(context, authorizer)));

  let bytes = 0;
  if (place?.visited === undefined) {
    const shared = await findSharedObjects(session, context, user, { place, budget });
    for (const { ref, head } of shared.objects) {
      const named = await filterAsync(Object.keys(head.acl), (name) => shared.authorizer.hasAny(head.acl[name] ?? []));
      const permissions = [...named, ...(await permissionsBySettings(context, authorizer, settingGrants, ref))];
      if (named.length > 0) entries.push(...toEntries(authorizer, ref, permissions));
    }
    if (shared.next !== undefined) return { entries, place: shared.place, next: shared.next };
    bytes = shared.bytes;
  }

  if (settingGrants.length === 0) return { entries, place };
  const names = new Set(settingGrants.map(([on]) => on));
  const limits = { objects: MAX_VISITED_OBJECTS, bytes: Math.max(budget.partBytes - bytes, 1) };
  const {
    refs,
    bytes: visitedBytes,
    next,
  } = await visitObjects(session, resources, names, { after: place?.visited, limits });
  budget.spend(visitedBytes);
  const withGroups = await createAuthorizer(session, grants, user);
  for (const ref of refs) {
    const isShared = await withGroups.hasAny(Object.values(session.view.head(ref)?.acl ?? {}).flat());
    const permissions = await permissionsBySettings(context, authorizer, settingGrants, ref);
    if (!isShared) entries.push(...toEntries(authorizer, ref, permissions));
  }
  return { entries, place, ...(next !== undefined && { next: { visited: next } }) };
};

/** A page within the first part has its end, too. */
const isFirstPart = ({ group, position, visited }: GrantPlace = {}): boolean =>
  group === undefined && position === undefined && visited === undefined;

/** The entry of an object, without what the scope does not allow; none if nothing is left. */
const toEntries = (
  { scope }: Authorizer,
  ref: ObjectRef,
  permissions: readonly string[],
): readonly GrantedPermissions[] => {
  const implied = new Set(permissions.flatMap((name) => impliedPermissions(ref.list.resource, name)));
  const allowed = [...implied].filter((name) => scope?.allows(name as Permission, ref) !== false);
  return allowed.length === 0 ? [] : [{ uri: ref.uri, ref, permissions: allowed }];
};

const rootEntries = async (
  { grants, resources }: GrantContext,
  authorizer: Authorizer,
): Promise<readonly GrantedPermissions[]> => {
  const creatable = await filterAsync(
    resources.top,
    async (list) =>
      authorizer.scope?.allowsCreateIn(list) !== false &&
      (await authorizer.hasAny(grants.principals("create", list.resource.name, null))),
  );
  const permissions = creatable.map(({ resource }) => `${resource.name}:create`);
  return permissions.length === 0 ? [] : [{ uri: "/", ref: null, permissions }];
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

/** Finds the settings that grant the user a permission on some objects. */
const findSettingGrants = ({ grants, resources }: GrantContext, authorizer: Authorizer) =>
  filterAsync([...SETTING_GRANTS, ...pluginGrants(resources)], ([, setting, resource]) =>
    authorizer.hasAny(grants.principalsAnywhere(setting, resource)),
  );

const permissionsBySettings = async (
  { grants }: GrantContext,
  authorizer: Authorizer,
  settingGrants: readonly SettingGrant[],
  ref: ObjectRef,
): Promise<readonly string[]> => {
  const granting = await filterAsync(
    settingGrants,
    async ([on, setting, resource]) =>
      on === ref.resourceName && (await authorizer.hasAny(grants.principals(setting, resource, ref))),
  );
  return granting.map(([, , , permission]) => permission);
};

const filterAsync = async <T>(items: readonly T[], test: (item: T) => Promise<boolean>): Promise<T[]> => {
  const found: T[] = [];
  for (const item of items) if (await test(item)) found.push(item);
  return found;
};
