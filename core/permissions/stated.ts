import { isLike, type StatedPermissions } from "./areas.ts";
import type { Grants } from "./who.ts";

/** Settings' grants, and what is stated for one user beside them. */
export const withStated = (grants: Grants, user: string, stated: StatedPermissions): Grants => {
  const paths = new Map(
    Object.entries(stated).map(([permission, places]) => [
      permission,
      places.map((place) => place.split("/").slice(1)),
    ]),
  );
  return {
    ...grants,
    principals: (permission, resource, place) => {
      const set = grants.principals(permission, resource, place);
      return permission === "create" && place === null && stated[`${resource}:create`]?.includes("/")
        ? [...set, user]
        : set;
    },
    given: (permission, { uri }) => (paths.get(permission)?.some((path) => isLike(path, uri)) ? [user] : []),
  };
};
