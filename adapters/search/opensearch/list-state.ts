import type { IndexDefinition } from "../../../core/ports/search-engine.ts";
import type { Store } from "../../../core/ports/store.ts";
import { ancestors, type Generation, type ListRef, ROOT_GENERATION } from "../../../core/resources.ts";
import { readSearchSettings } from "../../../core/search/search-settings.ts";
import { parseData } from "../../../core/store/view.ts";

/** How a list is indexed, and its timestamp. */
export interface ListState {
  readonly definition: Pick<IndexDefinition, "language" | "nested" | "excluded">;
  readonly timestamp: number;
}

/** Reads how a list is indexed in one round; `undefined` if its generation has ended. */
export const readListState = async (
  store: Pick<Store, "read">,
  list: ListRef,
  generation: Generation,
): Promise<ListState | undefined> => {
  const { parent } = list;
  if (parent === null) return undefined;
  const lineage = [parent, ...ancestors(parent)];
  const { parents, clocks } = await store.read({ objects: [], parents: lineage, clocks: [list] });
  let wanted: Generation | undefined = generation;
  for (const ref of lineage) {
    const stored = parents.get(ref.uri);
    if (stored === undefined || stored.deleted || stored.ownGeneration !== wanted) return undefined;
    wanted = stored.parentGeneration;
  }
  const [collection] = lineage.map(({ uri }) => parents.get(uri));
  const clock = clocks.get(list.uri);
  if (wanted !== ROOT_GENERATION || collection === undefined || clock?.parentGeneration !== generation)
    return undefined;
  return { definition: readSearchSettings(parseData(collection)), timestamp: clock.timestamp };
};
