import type { SearchedIndex } from "../../core/ports/search-engine.ts";
import { ancestors, parseListUri, ROOT_GENERATION } from "../../core/resources.ts";
import { readSearchSettings, toIndexDefinition } from "../../core/search/search-settings.ts";
import { parseData } from "../../core/store/view.ts";
import { listTypes } from "../../kit/parts/index-types.ts";
import type { AppContext } from "../app-context.ts";
import { createIndexDocuments } from "./index-documents.ts";
import { createPluginType } from "./plugin-type.ts";

/**
 * Creates a function that reads how a list of records is indexed, and its timestamp, as a search of all users would do;
 * it returns `undefined` for a list that does not exist.
 * @param uri the URI of the list
 */
export const createIndexDescriber = (app: AppContext): ((uri: string) => Promise<SearchedIndex | undefined>) => {
  const { plugins, resources } = app.config;
  const documents = createIndexDocuments(app);
  const types = listTypes(plugins).map(({ plugin, name, type }) => createPluginType(app, plugin, name, type));
  return async (uri) => {
    const list = parseListUri(resources, uri);
    const collection = list?.parent ?? undefined;
    if (list === undefined || collection === undefined) return undefined;
    const lineage = [collection, ...ancestors(collection)];
    const { parents, clocks } = await app.store.read({ objects: [], parents: lineage, clocks: [list] });
    let generation: string = ROOT_GENERATION;
    for (const ref of lineage.toReversed()) {
      const stored = parents.get(ref.uri);
      if (stored?.ownGeneration === undefined || stored.deleted || stored.parentGeneration !== generation)
        return undefined;
      generation = stored.ownGeneration;
    }
    const stored = parents.get(collection.uri);
    const clock = clocks.get(list.uri);
    if (stored === undefined || clock?.parentGeneration !== generation) return undefined;
    const settings =
      types.find((type) => type.collection.uri === collection.uri)?.settings ?? readSearchSettings(parseData(stored));
    return {
      list,
      generation,
      timestamp: clock.timestamp,
      definition: toIndexDefinition(settings, documents.hash),
      document: (record) => documents.create(collection, record),
      readable: undefined,
    };
  };
};
