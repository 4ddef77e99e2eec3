import type { Grants } from "../core/permissions/who.ts";
import { idsOn, RESOURCE_NAMES } from "../core/resources.ts";
import { type PlaceSettings, placeSetting, type Settings } from "../core/settings.ts";

const CAPITAL = { create: "Create", read: "Read", write: "Write" } as const;

/** What settings grant: to all, in a bucket or in a collection. */
export const grantsOf = (settings: Settings): Grants => {
  const everywhere: readonly PlaceSettings[] = [settings, ...settings.places.values(), ...settings.spelledPlaces.values()];
  const anywhere: Grants["anywhere"] = (permission, resource) => everywhere.flatMap((place) => place[`${resource}${CAPITAL[permission]}Principals`] ?? []);
  const named = new Set(RESOURCE_NAMES.flatMap((resource) => (["create", "read", "write"] as const).flatMap((permission) => anywhere(permission, resource))));
  return {
    principals: (permission, resource, place) => {
      const ids = idsOn(place);
      return placeSetting(settings, `${resource}${CAPITAL[permission]}Principals`, ids.bucket, ids.collection) ?? [];
    },
    anywhere,
    named,
  };
};
