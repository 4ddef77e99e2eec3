import type { Config } from "../../config/config.ts";
import { subscriptions } from "../../config/listeners.ts";
import type { ObjectRef } from "../../core/resources.ts";
import type { PluginManifest } from "../../kit/plugin.ts";
import { matchesAny } from "../../lib/util/matches-any.ts";

/** Returns whether a collection is searched: the owner of search may limit its listeners to buckets and collections. */
export const createSearchedFilter = (config: Config, owner: PluginManifest): ((collection: ObjectRef) => boolean) => {
  const names = Object.keys(owner.listeners).map((name) => `${owner.name}-${name}`);
  const listeners = subscriptions(config).filter(({ name }) => names.includes(name));
  return ({ id, list }) =>
    listeners.length === 0 ||
    listeners.some(({ buckets, collections }) => matchesAny(collections, id) && matchesAny(buckets, list.parent?.id));
};
