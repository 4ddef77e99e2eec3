import type { World } from "../core/objects/world.ts";
import type { SearchEngine } from "../core/search/engine.ts";
import type { Transactions } from "../core/store/transact.ts";
import { type Detours, openDetours } from "./detours.ts";
import type { Telling } from "./http/failed.ts";
import { type Identification, openIdentification } from "./identify.ts";
import { closeAll, type Opening, openSurroundings } from "./open.ts";
import { openSearch, startAll, startPlugin } from "./resources.ts";
import { leads, withAllHelpers } from "./running.ts";

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
  const { settings, plugins } = around.config;
  const identification = await openIdentification(around);
  const finding = plugins.filter((plugin) => plugin.authentication !== undefined || leads(plugin));
  await startAll(around, withAllHelpers(plugins, finding));
  const need = plugins.flatMap(({ needs }) => Object.values(needs)).find(({ kind }) => kind === "search");
  return {
    world: around.world,
    transactions: around.transactions,
    identification,
    detours: openDetours(await Promise.all(plugins.filter(leads).map((plugin) => startPlugin(around, plugin)))),
    telling: { log: around.log, challenges: identification.challenges, retryAfterSeconds: settings.retryAfterSeconds, errorInfoLink: settings.errorInfoLink },
    engine: need?.kind === "search" ? await openSearch(around, need) : undefined,
    close: () => closeAll(around),
  };
};
