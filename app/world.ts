import type { Config } from "../config/config.ts";
import type { Hooks } from "../core/hooks.ts";
import type { StoreContext } from "../core/objects/store-context.ts";
import { generateId, isCore } from "../core/resources.ts";
import { PageCache } from "../core/store/page-cache.ts";
import { createGrants } from "./grants.ts";

/** What the use cases stand on, as the config has it. */
export const createStoreContext = ({ settings, resources }: Config, hooks: Hooks | undefined): StoreContext => ({
  resources,
  pages: new PageCache(),
  grants: createGrants(settings, resources),
  limits: { page: Math.min(settings.paginateBy ?? settings.storageMaxFetchSize, settings.storageMaxFetchSize) },
  explicitPermissions: settings.explicitPermissions,
  validateSchemas: settings.experimentalCollectionSchemaValidation,
  hooks,
  generateId: (resource) => generateId(isCore(resource) ? settings[`${resource}IdGenerator`] : "uuid"),
});
