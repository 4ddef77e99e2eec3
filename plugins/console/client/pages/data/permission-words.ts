import type { Kind } from "./object-ref.ts";

/** Who a principal is, in words. */
export const describePrincipal = (principal: string): string => {
  if (principal === "system.Everyone") return "Everyone";
  if (principal === "system.Authenticated") return "Everyone who is logged in";
  const group = /^\/buckets\/([^/]+)\/groups\/([^/]+)$/.exec(principal);
  if (group !== null) return `Members of the group ${group[2]} in ${group[1]}`;
  const user = /^([a-z][\w-]*):(.+)$/.exec(principal);
  return user === null ? principal : `${user[2]} (${user[1]})`;
};

/** What a permission on an object of a kind allows, in words that follow "may". */
export const describePermission = (permission: string, kind: Kind): string => {
  const contains = kind === "bucket" || kind === "collection";
  switch (permission) {
    case "read":
      return contains ? `read the ${kind} and what is in it` : `read the ${kind}`;
    case "write":
      return contains ? `read and change the ${kind} and what is in it` : `read and change the ${kind}`;
    case "execute":
      return `start actions on the ${kind}`;
    default:
      return permission.endsWith(":create") ? `create ${permission.slice(0, -":create".length)}s in it` : permission;
  }
};
