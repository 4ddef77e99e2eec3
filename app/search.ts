import type { Log } from "../core/log.ts";
import type { World } from "../core/objects/world.ts";
import type { SearchEngine } from "../core/search/engine.ts";
import { transactions } from "../core/store/transact.ts";
import { type Identification, openIdentification } from "./identify.ts";
import { closeAll, type Opening, openSurroundings } from "./open.ts";
import { openSearch } from "./resources.ts";

/** What `functions/search` is made of. */
export interface Search {
  readonly world: Pick<World, "transactions" | "grants">;
  readonly identification: Identification;
  /** `undefined` when no plugin needs one. */
  readonly engine: SearchEngine | undefined;
  readonly log: Log;
  close(): Promise<void>;
}

export const openSearchFunction = async (opening: Opening): Promise<Search> => {
  const around = openSurroundings(opening);
  const need = around.config.plugins.flatMap(({ needs }) => Object.values(needs)).find(({ kind }) => kind === "search");
  return {
    world: { transactions: transactions(around.store), grants: { bucketCreate: around.config.settings.bucketCreatePrincipals } },
    identification: await openIdentification(around),
    engine: need?.kind === "search" ? await openSearch(around, need) : undefined,
    log: around.log,
    close: () => closeAll(around),
  };
};
