import type { Config } from "../config/config.ts";
import type { Hooks } from "../core/hooks.ts";
import type { World } from "../core/objects/world.ts";
import { isCore, newIdOf } from "../core/resources.ts";
import { PageCache } from "../core/store/page-cache.ts";
import { grantsOf } from "./grants.ts";

/** What the use cases stand on, as the config has it. */
export const openWorld = ({ settings, resources }: Config, hooks: Hooks | undefined): World => ({
  resources,
  pages: new PageCache(),
  grants: grantsOf(settings, resources),
  limits: { page: Math.min(settings.paginateBy ?? settings.storageMaxFetchSize, settings.storageMaxFetchSize) },
  explicitPermissions: settings.explicitPermissions,
  validatesSchemas: settings.experimentalCollectionSchemaValidation,
  hooks,
  newId: (resource) => newIdOf(isCore(resource) ? settings[`${resource}IdGenerator`] : "uuid"),
});
