import type { Hooks } from "../hooks.ts";
import type { Grants } from "../permissions/authorizer.ts";
import type { ResourceName, Resources } from "../resources.ts";
import type { PageCache } from "../store/page-cache.ts";

/** What the use cases stand on, beside the session of a request. */
export interface StoreContext {
  readonly resources: Resources;
  readonly grants: Grants;
  readonly pages: PageCache;
  readonly limits: {
    /** Entries a list page holds at most; what `_limit` may lower. */
    readonly page: number;
  };
  /** Whether whoever changes an object gets its `write` permission (Kinto's `explicit_permissions`). */
  readonly explicitPermissions: boolean;
  /** Whether objects are checked by the schemas of their bucket and collection. */
  readonly validateSchemas: boolean;
  /** `undefined` where nobody looks at changes. */
  readonly hooks: Hooks | undefined;
  /** An id for an object that is posted without one. */
  readonly generateId: (resource: ResourceName) => string;
}
