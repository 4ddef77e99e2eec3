import type { Grants } from "../permissions/who.ts";
import type { PageCache } from "../store/page-cache.ts";
import type { Transactions } from "../store/transact.ts";

/** What the use cases stand on. */
export interface World {
  readonly transactions: Transactions;
  readonly grants: Grants;
  readonly pages: PageCache;
  readonly limits: {
    /** Entries a list page holds at most; what `_limit` may lower. */
    readonly page: number;
  };
}
