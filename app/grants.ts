import type { Grants } from "../core/permissions/authorizer.ts";
import { idsByResource, isCore, type Resources } from "../core/resources.ts";
import { type ScopedSettings, type Settings, scopedSetting } from "../core/settings.ts";

const CAPITAL = { create: "Create", read: "Read", write: "Write" } as const;

/** What settings grant: to all, in a bucket or in a collection; and plugins on what they bring. */
export const createGrants = (settings: Settings, resources: Resources): Grants => {
  const everywhere: readonly ScopedSettings[] = [
    settings,
    ...settings.places.values(),
    ...settings.spelledPlaces.values(),
  ];
  const anywhere: Grants["principalsAnywhere"] = (permission, resource) =>
    isCore(resource)
      ? everywhere.flatMap((place) => place[`${resource}${CAPITAL[permission]}Principals`] ?? [])
      : (resources.find(resource)?.plugin?.principals[permission] ?? []);
  const named = new Set(
    resources.all.flatMap(({ name }) =>
      (["create", "read", "write"] as const).flatMap((permission) => anywhere(permission, name)),
    ),
  );
  return {
    principals: (permission, resource, place) => {
      if (!isCore(resource)) return anywhere(permission, resource);
      const ids = idsByResource(place);
      return scopedSetting(settings, `${resource}${CAPITAL[permission]}Principals`, ids.bucket, ids.collection) ?? [];
    },
    principalsAnywhere: anywhere,
    staticGrants: () => [],
    namedPrincipals: named,
  };
};
