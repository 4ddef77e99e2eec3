import { closeAll, type Opening, openSurroundings } from "../../app/open.ts";
import { type Identification, openIdentification } from "../../app/plugins/identify.ts";
import { openSearch } from "../../app/plugins/resources.ts";
import { startAll } from "../../app/plugins/surroundings.ts";
import { leads, withAllHelpers } from "../../config/running.ts";
import type { Provenance } from "../../core/events/provenance.ts";
import type { World } from "../../core/objects/world.ts";
import type { SearchEngine } from "../../core/ports/search-engine.ts";
import type { Transactions } from "../../core/store/transact.ts";
import { type Telling, tellingOf } from "../http/failed.ts";
import { type Detours, openDetours } from "../http/rewrites.ts";

/** What `functions/search` is made of. */
export interface Search {
  readonly world: Pick<World, "grants" | "resources">;
  readonly transactions: Transactions;
  /** Runs something that is part of what is given. */
  readonly inProvenance: <T>(provenance: Provenance, run: () => T) => T;
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
    inProvenance: (provenance, run) => around.provenances.run(provenance, run),
    identification,
    detours: openDetours(await Promise.all(plugins.filter(leads).map(around.start))),
    telling: tellingOf(settings, around.log, identification.challenges),
    engine: need?.kind === "search" ? await openSearch(around, need) : undefined,
    close: () => closeAll(around),
  };
};
