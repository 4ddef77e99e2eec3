import type { Grants } from "../core/permissions/who.ts";
import { idsOn, isCore, type Resources } from "../core/resources.ts";
import { type PlaceSettings, placeSetting, type Settings } from "../core/settings.ts";

const CAPITAL = { create: "Create", read: "Read", write: "Write" } as const;

/** What settings grant: to all, in a bucket or in a collection; and plugins on what they bring. */
export const grantsOf = (settings: Settings, resources: Resources): Grants => {
  const everywhere: readonly PlaceSettings[] = [
    settings,
    ...settings.places.values(),
    ...settings.spelledPlaces.values(),
  ];
  const anywhere: Grants["anywhere"] = (permission, resource) =>
    isCore(resource)
      ? everywhere.flatMap((place) => place[`${resource}${CAPITAL[permission]}Principals`] ?? [])
      : (resources.named(resource)?.added?.principals[permission] ?? []);
  const named = new Set(
    resources.all.flatMap(({ name }) =>
      (["create", "read", "write"] as const).flatMap((permission) => anywhere(permission, name)),
    ),
  );
  return {
    principals: (permission, resource, place) => {
      if (!isCore(resource)) return anywhere(permission, resource);
      const ids = idsOn(place);
      return placeSetting(settings, `${resource}${CAPITAL[permission]}Principals`, ids.bucket, ids.collection) ?? [];
    },
    anywhere,
    given: () => [],
    named,
  };
};
