import type { Config } from "../config/config.ts";
import { findSearchOwner } from "../config/plugin-placement.ts";
import type { Hooks, ReadHooks } from "../core/hooks.ts";
import type { StoreContext } from "../core/objects/store-context.ts";
import { generateId, isCore } from "../core/resources.ts";
import { createGrants } from "../core/settings.ts";
import { FollowedLists } from "../core/store/followed-lists.ts";
import { PageCache } from "../core/store/page-cache.ts";
import { BYTES_PER_MEGABYTE } from "../core/store/read-budget.ts";

/** Creates the context of the use cases from the configuration. */
export const createStoreContext = (
  { settings, resources, plugins }: Config,
  { hooks, readHooks }: { readonly hooks?: Hooks | undefined; readonly readHooks?: ReadHooks | undefined } = {},
): StoreContext => ({
  resources,
  pages: new PageCache(),
  followed: new FollowedLists(),
  grants: createGrants(settings, resources),
  limits: {
    page: Math.min(settings.paginateBy ?? settings.storageMaxFetchSize, settings.storageMaxFetchSize),
    readBytes: settings.maxListReadMegabytes * BYTES_PER_MEGABYTE,
  },
  explicitPermissions: settings.explicitPermissions,
  validateSchemas: settings.experimentalCollectionSchemaValidation,
  validateSearchSettings: findSearchOwner(plugins) !== undefined,
  hooks,
  readHooks,
  generateId: (resource) => generateId(isCore(resource) ? settings[`${resource}IdGenerator`] : "uuid"),
});
