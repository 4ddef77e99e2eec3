import { capitalize } from "../../lib/util/capitalize.ts";
import {
  ancestors,
  type CoreResource,
  isCore,
  type ListRef,
  listRef,
  type ObjectRef,
  type Resources,
} from "../resources.ts";
import type { Session } from "../store/session.ts";
import type { Grants } from "./authorizer.ts";
import { type GrantSource, listGrantSources, toSettingKind } from "./grant-sources.ts";
import { createPermission, type Permission } from "./inheritance.ts";
import { AUTHENTICATED, findNamedGroups, plainPrincipals, type UserId } from "./principals.ts";

/** One way in which a user gets a permission. */
interface ExplainedGrant {
  /** The user's principal that has the permission: its id, a group's URI, or `system.Everyone`. */
  readonly principal: string;
  /** The member by which the user is in the group: its id or `system.Authenticated`. Only of groups. */
  readonly member?: string;
  /** The object whose permission counts: the object itself, or the ancestor that it inherits from; `/` is the root. */
  readonly on: string;
  /** The permission on it, which grants the explained one. */
  readonly permission: string;
  readonly by: GrantSource["by"];
  /** The setting that grants it, if one does. */
  readonly setting?: string;
  readonly inherited: boolean;
}

/** Whether a user has a permission, and why. */
interface ExplainedPermission {
  readonly permission: Permission;
  readonly allowed: boolean;
  /** Every way in which the user gets it; empty if it does not. At most {@link MAX_GRANTS_PER_PERMISSION}. */
  readonly grants: readonly ExplainedGrant[];
  /** Whether there are more ways than `grants` has. */
  readonly truncated: boolean;
  /** What would grant it: permissions by the URI of the object. */
  readonly grantedBy: readonly { readonly on: string; readonly permissions: readonly string[] }[];
}

export interface PermissionExplanation {
  /** Whether the object exists. What is missing cannot be read, but may be created by `<resource>:create` on its parent. */
  readonly exists: boolean;
  /** The user's principals that objects on the path or settings name. */
  readonly principals: readonly string[];
  readonly permissions: readonly ExplainedPermission[];
}

/** A user may be in many groups that all have the permission. */
const MAX_GRANTS_PER_PERMISSION = 20;

/**
 * Explains what a user may do on an object, or at the root if there is none, without the limits of an API token. It
 * uses the sources that the authorizer decides by. The session must have read the object and its ancestors.
 * @example
 * const { permissions } = await explainPermissions(session, context, { user: "account:ada", ref });
 */
export const explainPermissions = async (
  session: Session,
  { grants, resources }: { readonly grants: Grants; readonly resources: Resources },
  { user, ref }: { readonly user: UserId; readonly ref: ObjectRef | null },
): Promise<PermissionExplanation> => {
  const members = await findPrincipals(session, grants, user);
  const questions = ref === null ? resources.top.map(askRoot(grants)) : askObject(session, grants, ref);
  return {
    exists: ref === null || session.view.object(ref) !== undefined,
    principals: [...members.keys()],
    permissions: questions.map(({ permission, sources }) => explain(permission, sources, members, ref)),
  };
};

interface Question {
  readonly permission: Permission;
  readonly sources: readonly (Omit<GrantSource, "on"> & { readonly on: ObjectRef | null; readonly target: string })[];
}

/** Only settings and plugins let users create top-level objects. */
const askRoot =
  (grants: Grants) =>
  (list: ListRef): Question => {
    const permission = createPermission(list);
    const { name } = list.resource;
    const principals = grants.principals("create", name, null);
    return { permission, sources: [{ on: null, permission, by: "setting", principals, target: name }] };
  };

const askObject = (session: Session, grants: Grants, ref: ObjectRef): readonly Question[] => {
  const { resource } = ref.list;
  const ask = (permission: Permission, target = resource.name): Question => ({
    permission,
    sources: listGrantSources(grants, permission, { ref, target }, (granter) => session.view.head(granter)?.acl).map(
      (source) => ({ ...source, target }),
    ),
  });
  return [
    ask("read:attributes"),
    ask("read"),
    ask("write"),
    ...resource.children.map((child) => ask(createPermission(listRef(child, ref)), child.name)),
    ...(resource.permissions.includes("execute") ? [ask("execute")] : []),
  ];
};

const explain = (
  permission: Permission,
  sources: Question["sources"],
  members: ReadonlyMap<string, string | undefined>,
  ref: ObjectRef | null,
): ExplainedPermission => {
  const grants = new Map<string, ExplainedGrant>();
  for (const { on, principals, by, target, ...source } of sources)
    for (const principal of principals) {
      if (!members.has(principal)) continue;
      const member = members.get(principal);
      const setting = by === "setting" && isCore(target) ? settingName(source.permission, target) : undefined;
      // A setting is of the whole resource, so it is listed once and not for each ancestor.
      const place = by === "setting" ? ref : on;
      const grant: ExplainedGrant = {
        principal,
        ...(member !== undefined && { member }),
        on: place?.uri ?? "/",
        permission: source.permission,
        // What counts like a setting of a plugin's resource is in the plugin's definition.
        by: by === "setting" && setting === undefined ? "plugin" : by,
        ...(setting !== undefined && { setting }),
        inherited: place?.uri !== ref?.uri,
      };
      grants.set(JSON.stringify(grant), grant);
    }
  return {
    permission,
    allowed: grants.size > 0,
    grants: [...grants.values()].slice(0, MAX_GRANTS_PER_PERMISSION),
    truncated: grants.size > MAX_GRANTS_PER_PERMISSION,
    grantedBy:
      ref === null
        ? []
        : [ref, ...ancestors(ref)].flatMap(({ uri }) => {
            const permissions = sources.flatMap(({ on, by, ...source }) =>
              by === "object" && on?.uri === uri ? [source.permission] : [],
            );
            return permissions.length === 0 ? [] : [{ on: uri, permissions }];
          }),
  };
};

/** The name of the setting that counts like a permission on objects of one of the store's own resources. */
const settingName = (permission: string, target: CoreResource): string =>
  `${target}${capitalize(toSettingKind(permission, target) ?? permission)}Principals`;

/** The user's principals that are named, each with the member by which the user is in the group. */
const findPrincipals = async (
  session: Session,
  grants: Grants,
  user: UserId,
): Promise<ReadonlyMap<string, string | undefined>> => {
  const found = new Map<string, string | undefined>(plainPrincipals(user).map((principal) => [principal, undefined]));
  if (user === null) return found;
  const named = [...new Set([...session.view.namedPrincipals(), ...grants.namedPrincipals])];
  for (const member of new Set([user, AUTHENTICATED]))
    for (const group of await findNamedGroups(session, member, named)) if (!found.has(group)) found.set(group, member);
  return found;
};
