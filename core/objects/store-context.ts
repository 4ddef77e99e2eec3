import type { Hooks, ReadHooks } from "../hooks.ts";
import type { Grants } from "../permissions/authorizer.ts";
import type { ResourceName, Resources } from "../resources.ts";
import type { FollowedLists } from "../store/followed-lists.ts";
import type { PageCache } from "../store/page-cache.ts";

/** What the use cases need besides a request's session. */
export interface StoreContext {
  readonly resources: Resources;
  readonly grants: Grants;
  readonly pages: PageCache;
  readonly followed: FollowedLists;
  readonly limits: {
    /** Maximum entries per list page. */
    readonly page: number;
    /** What the lists of a request may read from the store, in bytes. */
    readonly readBytes: number;
  };
  /** Whether users get `write` on objects that they create or change (Kinto's `explicit_permissions`). */
  readonly explicitPermissions: boolean;
  /** Whether objects are validated by the schemas of their bucket and collection. */
  readonly validateSchemas: boolean;
  /** Whether the metadata of collections that says how they are searched is validated. */
  readonly validateSearchSettings: boolean;
  /** `undefined` when no plugin has a before hook. */
  readonly hooks: Hooks | undefined;
  /** `undefined` when no plugin has a read hook. */
  readonly readHooks: ReadHooks | undefined;
  /** Generates the id of an object that is posted without one. */
  readonly generateId: (resource: ResourceName) => string;
}
