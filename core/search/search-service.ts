import type { Json, JsonObject } from "../../lib/json.ts";
import type { Failure } from "../errors.ts";
import type { UserId } from "../permissions/principals.ts";
import type { ObjectRef } from "../resources.ts";
import type { ReadBudget } from "../store/read-budget.ts";
import type { Session } from "../store/session.ts";
import { listFacets } from "./list-facets.ts";
import { createUserReader, withoutHidden } from "./plugin-type.ts";
import { getOwn, readList, readObject } from "./read-body.ts";
import { parseSearch } from "./request.ts";
import { parseScopeSearch, type ScopeSearch } from "./scope-body.ts";
import {
  countRecords,
  MAX_SEARCHES,
  openTargets,
  type SearchCall,
  type SearchedCollection,
  type SearchRecords,
  type SearchResult,
  searchMany,
  searchRecords,
} from "./search-records.ts";
import type { SearchContext, SearchType } from "./search-target.ts";
import { parseWordsSearch, withFacets } from "./words-search.ts";

interface Caller {
  readonly user: UserId;
  readonly budget: ReadBudget;
}

/** A search of one collection. */
interface CollectionSearch extends Caller {
  readonly collection: ObjectRef;
  /** Reads the list timestamp in ms that the answer must reflect. */
  readonly after?: SearchedCollection["after"];
}

/** A search with a body, which is parsed only if the user may search. */
interface BodySearch extends Caller {
  readonly body: () => Json | undefined;
}

interface FacetSearch extends Caller {
  readonly types: readonly string[] | undefined;
  readonly allProjects: boolean;
  readonly includeFields: boolean;
  readonly excludeOptions: boolean;
  readonly limitTerms: number | undefined;
}

/** The use cases of search, for the functions that serve them. */
export interface SearchService {
  /** Searches a collection. */
  search(session: Session, input: BodySearch & CollectionSearch): Promise<SearchResult>;
  /** Searches a collection by words and other parameters of a query string. */
  searchWords(session: Session, input: CollectionSearch & { readonly query: string }): Promise<SearchResult>;
  /** Counts the records of a collection that match. */
  count(session: Session, input: BodySearch & CollectionSearch): Promise<SearchResult>;
  /** Runs several searches of a collection. */
  searchMany(session: Session, input: BodySearch & CollectionSearch): Promise<readonly (SearchResult | Failure)[]>;
  /** Searches the collections of a bucket, or of all buckets. */
  searchScope(session: Session, input: BodySearch & { readonly bucket: ObjectRef | undefined }): Promise<SearchResult>;
  listFacets(session: Session, input: FacetSearch): Promise<JsonObject>;
  /** Lists the types that a user can search, without that of all records. */
  listTypes(session: Session, user: UserId): Promise<readonly SearchType[]>;
}

export const createSearchService = (context: SearchContext): SearchService => ({
  search: (session, { collection, after, user, budget, body }) =>
    searchRecords(context, session, {
      within: { collection, after },
      user,
      budget,
      parse: (_, types) => parseSearch(body(), types),
    }),
  searchWords: async (session, { collection, after, user, budget, query }) => {
    const params = new URLSearchParams(query);
    params.delete("after");
    const parse: SearchRecords["parse"] = (settings) => parseWordsSearch(params, settings);
    const within = { collection, after };
    const { body, ...result } = await searchRecords(context, session, { within, user, budget, parse });
    return { ...result, body: withFacets(body) };
  },
  count: (session, { collection, after, user, budget, body }) =>
    countRecords(context, session, {
      within: { collection, after },
      user,
      budget,
      parse: (_, types) => parseSearch(body(), types),
    }),
  searchMany: (session, { collection, after, user, budget, body }) =>
    searchMany(context, session, {
      within: { collection, after },
      user,
      budget,
      parsers: () => readSearches(body()).map((one) => (_, types) => parseSearch(one, types)),
    }),
  searchScope: (session, { bucket, user, budget, body }) => {
    let parsed: ScopeSearch | undefined;
    const read = () => {
      parsed ??= parseScopeSearch(body(), bucket);
      return parsed;
    };
    const within = { scope: () => read().scope };
    return searchRecords(context, session, {
      within,
      user,
      budget,
      parse: (_, types) => parseSearch(read().search, types),
    });
  },
  listTypes: (session, user) => withoutHidden(context.types, createUserReader(session, user)),
  listFacets: async (session, { user, budget, types, allProjects, ...options }) => {
    const within = { scope: () => ({ bucket: undefined, types, allProjects }) } satisfies SearchCall["within"];
    const { targets, engine } = await openTargets(context, session, { within, user, budget });
    return listFacets(context, engine, session, { targets, budget, everything: parseSearch({}), ...options });
  },
});

/** `{"searches": [{"query": …}, …]}` */
const readSearches = (body: Json | undefined): readonly Json[] => {
  return readList(getOwn(readObject(body ?? {}, "", ["searches"]), "searches"), "searches", MAX_SEARCHES);
};
