/** The answer of `GET /__operations__/permissions`. */
export interface Explanation {
  readonly user: string;
  readonly path: string;
  readonly exists: boolean;
  readonly principals: readonly string[];
  readonly permissions: readonly ExplainedPermission[];
}

export interface ExplainedPermission {
  readonly permission: string;
  readonly allowed: boolean;
  readonly grants: readonly ExplainedGrant[];
  readonly truncated: boolean;
  readonly grantedBy: readonly { readonly on: string; readonly permissions: readonly string[] }[];
}

export interface ExplainedGrant {
  readonly principal: string;
  readonly member?: string;
  readonly on: string;
  readonly permission: string;
  readonly by: "object" | "plugin" | "setting";
  readonly setting?: string;
  readonly inherited: boolean;
}

/** A permission in words: `read it`. */
export const describePermission = (permission: string): string => {
  const created = /^(\w+):create$/.exec(permission)?.[1];
  if (created !== undefined) return `create a ${created} in it`;
  switch (permission) {
    case "read:attributes":
      return "read the object itself";
    case "read":
      return "read it and what is in it";
    case "write":
      return "change it and what is in it";
    case "execute":
      return "start actions on it";
    default:
      return permission;
  }
};

/** The steps from the user to the permission, in words. */
export const describeChain = (grant: ExplainedGrant, user: string): readonly string[] => [
  describePrincipal(grant, user),
  grant.by === "setting"
    ? `the setting ${grant.setting ?? ""} names it`
    : grant.by === "plugin"
      ? `the plugin of the resource grants it ${grant.permission}`
      : `has ${grant.permission} on ${grant.on}${grant.inherited ? ", which is inherited" : ""}`,
];

const describePrincipal = ({ principal, member }: ExplainedGrant, user: string): string => {
  if (member !== undefined)
    return member === user
      ? `${user} is a member of ${principal}`
      : `every authenticated user is a member of ${principal}`;
  if (principal === "system.Everyone") return "everyone (system.Everyone)";
  return principal === "system.Authenticated" ? "every authenticated user (system.Authenticated)" : principal;
};

/** What would grant a permission that the user lacks, in words. */
export const describeRemedy = ({ grantedBy }: ExplainedPermission): readonly string[] =>
  grantedBy.map(({ on, permissions }) => `${permissions.join(" or ")} on ${on}`);
