import type { IndexDefinition } from "../../../core/ports/search-engine.ts";
import type { Store } from "../../../core/ports/store.ts";
import {
  ancestors,
  type Generation,
  type ListRef,
  type ObjectRef,
  type Resources,
  ROOT_GENERATION,
} from "../../../core/resources.ts";
import { readSearchSettings, type SearchSettings } from "../../../core/search/search-settings.ts";
import { parseData } from "../../../core/store/view.ts";

/** What an engine needs of the store: it reads how lists are indexed, and how far its indexes are complete. */
export interface EngineContext {
  readonly store: Pick<Store, "read" | "readChanges" | "readHeads" | "walk">;
  readonly resources: Resources;
  /** The types that plugins define. */
  readonly types: readonly IndexedType[];
}

/** A type of documents: the records of one collection. */
interface IndexedType {
  readonly name: string;
  readonly collection: ObjectRef;
  readonly settings: SearchSettings;
}

/** The name of the type that a list has. Each type has an index. */
export const typeOf = ({ types }: Pick<EngineContext, "types">, { parent, resource }: ListRef): string =>
  types.find(({ collection }) => collection.uri === parent?.uri)?.name ?? resource.name;

/** How a list is indexed, and its timestamp. */
export interface ListState {
  readonly list: ListRef;
  readonly type: string;
  readonly definition: Pick<IndexDefinition, "language" | "nested" | "excluded">;
  readonly timestamp: number;
}

/** Reads how a list is indexed in one round; `undefined` if its generation has ended. */
export const readListState = async (
  { store, types }: Pick<EngineContext, "store" | "types">,
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
  const collection = parents.get(parent.uri);
  const clock = clocks.get(list.uri);
  if (wanted !== ROOT_GENERATION || collection === undefined || clock?.parentGeneration !== generation)
    return undefined;
  const own = types.find((type) => type.collection.uri === parent.uri)?.settings;
  return {
    list,
    type: typeOf({ types }, list),
    definition: own ?? readSearchSettings(parseData(collection)),
    timestamp: clock.timestamp,
  };
};
