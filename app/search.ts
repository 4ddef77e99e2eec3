import type { World } from "../core/objects/world.ts";
import type { SearchEngine } from "../core/search/engine.ts";
import { type Transactions, transactions } from "../core/store/transact.ts";
import { type Detours, openDetours } from "./detours.ts";
import { grantsOf } from "./grants.ts";
import type { Telling } from "./http/failed.ts";
import { type Identification, openIdentification } from "./identify.ts";
import { closeAll, type Opening, openSurroundings } from "./open.ts";
import { openSearch, startPlugin } from "./resources.ts";
import { leads } from "./running.ts";

/** What `functions/search` is made of. */
export interface Search {
  readonly world: Pick<World, "grants" | "resources">;
  readonly transactions: Transactions;
  readonly identification: Identification;
  /** A plugin may know another name of a collection. */
  readonly detours: Detours;
  /** `undefined` when no plugin needs one. */
  readonly engine: SearchEngine | undefined;
  readonly telling: Telling;
  close(): Promise<void>;
}

export const openSearchFunction = async (opening: Opening): Promise<Search> => {
  const around = openSurroundings(opening);
  const { settings, resources } = around.config;
  const identification = await openIdentification(around);
  const need = around.config.plugins.flatMap(({ needs }) => Object.values(needs)).find(({ kind }) => kind === "search");
  return {
    world: { grants: grantsOf(settings, resources), resources },
    transactions: transactions(around.store, around.now),
    identification,
    detours: openDetours(await Promise.all(around.config.plugins.filter(leads).map((plugin) => startPlugin(around, plugin)))),
    telling: { log: around.log, challenges: identification.challenges, retryAfterSeconds: settings.retryAfterSeconds, errorInfoLink: settings.errorInfoLink },
    engine: need?.kind === "search" ? await openSearch(around, need) : undefined,
    close: () => closeAll(around),
  };
};
