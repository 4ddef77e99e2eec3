import type { AppContext } from "../../app/app-context.ts";
import { createIndexDocuments } from "../../app/plugins/index-documents.ts";
import { createPluginType } from "../../app/plugins/plugin-type.ts";
import { createSearchEngine } from "../../app/plugins/resources.ts";
import { createSearchedFilter } from "../../app/plugins/searched-collections.ts";
import { findSearchOwner } from "../../config/plugin-placement.ts";
import { Failure, invalid } from "../../core/errors.ts";
import { listFromIds, listRef, type ObjectRef, objectRef } from "../../core/resources.ts";
import type { SearchResult } from "../../core/search/search-records.ts";
import type { SearchService } from "../../core/search/search-service.ts";
import type { SearchType } from "../../core/search/search-target.ts";
import { targetPlan } from "../../core/search/target-plan.ts";
import { listTypes } from "../../kit/parts/index-types.ts";
import { type JsonObject, parseJson } from "../../lib/json.ts";
import { once } from "../../lib/util/once.ts";
import { type HttpRequest, requireContentType } from "./request.ts";
import { errorResponse, type HttpResponse, httpResponse, NO_CACHE_HEADERS, timestampHeaders } from "./response.ts";
import type { Call, Endpoint, EndpointRouter, HttpApp, PathParams, Route } from "./routing.ts";
import * as operations from "./search-operations.ts";

/** What an HTTP function needs for searches; `undefined` if no plugin needs search. */
export interface HttpSearch {
  /** Loads search on first use, because few requests to `api` need it. */
  readonly load: () => Promise<SearchService>;
}

export const createHttpSearch = (app: AppContext): HttpSearch | undefined => {
  const owner = findSearchOwner(app.config.plugins);
  if (owner === undefined) return undefined;
  return {
    load: once(async () => {
      const { createSearchService } = await import("../../core/search/search-service.ts");
      const engine = await createSearchEngine(app, owner.need);
      const types = toSearchTypes(app);
      const documents = createIndexDocuments(app);
      const isSearched = createSearchedFilter(app.config, owner.plugin);
      return createSearchService({ ...app.storeContext, engine, documents, types, isSearched });
    }),
  };
};

/** The types that plugins define. */
const toSearchTypes = (app: AppContext): readonly SearchType[] =>
  listTypes(app.config.plugins).map(({ plugin, name, about, type }) => ({
    name,
    plugin: plugin.name,
    about,
    definition: createPluginType(app, plugin, name, type),
  }));

const COLLECTION = "/buckets/:bucket/collections/:collection/search";

/** Adds the endpoints of search, if a plugin needs search. Their paths are those of `SEARCH_ROUTES`. */
export const addSearch = <App extends HttpApp>(app: App, router: EndpointRouter<App>): void => {
  const { search } = app;
  if (search === undefined) return;
  const { core } = app.storeContext.resources;
  const bucketRef = ({ bucket = "" }: PathParams) => objectRef(listRef(core.bucket, null), bucket);
  const collectionRef = ({ bucket = "", collection = "" }: PathParams) =>
    objectRef(listFromIds(core.collection, [bucket]), collection);
  router.add(COLLECTION, (params) => collectionEndpoint(app, search, collectionRef(params)));
  router.add(`${COLLECTION}/_count`, (params) => countEndpoint(app, search, collectionRef(params)));
  router.add(`${COLLECTION}/_msearch`, (params) => searchesEndpoint(app, search, collectionRef(params)));
  router.add("/buckets/:bucket/search", (params) => scopeEndpoint(search, bucketRef(params)));
  router.add("/search", () => scopeEndpoint(search, undefined));
  router.add("/search/plugins", () =>
    reading({ run: (call) => typesResponse(search, call), describe: () => operations.LIST_TYPES }),
  );
  router.add("/search/facets", () =>
    reading({ run: (call) => facets(search, call), describe: () => operations.LIST_FACETS }),
  );
};

const reading = (route: Route): Endpoint => ({ GET: route, HEAD: route });

const collectionEndpoint = (app: HttpApp, { load }: HttpSearch, collection: ObjectRef): Endpoint => ({
  ...reading({
    plan: () => targetPlan(app.storeContext, collection),
    run: async ({ request, session, user, budget }) => {
      const service = await load();
      const { query } = request;
      const input = { collection, after: readAfter(request), user, budget, query };
      return searchResponse(await service.searchWords(session, input));
    },
    describe: () => operations.SEARCH_WORDS,
  }),
  POST: {
    readsOnly: true,
    plan: () => targetPlan(app.storeContext, collection),
    run: async ({ request, session, user, budget }) => {
      requireContentType(request);
      requireParameters(request, ["after"]);
      const service = await load();
      const input = { collection, after: readAfter(request), user, body: request.json, budget };
      return searchResponse(await service.search(session, input));
    },
    describe: () => operations.SEARCH,
  },
});

/** Throws 400 for a parameter that has no effect: the query of a POST is in its body. */
const requireParameters = ({ query }: HttpRequest, names: readonly string[]): void => {
  const unknown = [...new URLSearchParams(query).keys()].find((name) => !names.includes(name));
  if (unknown === undefined) return;
  const others = names.length === 0 ? "Remove it" : `Use one of: ${names.join(", ")}`;
  throw invalidParameter(unknown, `is not a parameter of this request. ${others}`);
};

/** `?after="1796000247078"`: a timestamp, plain or as in an ETag. */
const readAfter =
  ({ query }: HttpRequest) =>
  (): number | undefined => {
    const text = new URLSearchParams(query).get("after");
    if (text === null) return undefined;
    const [, digits] = /^"?(\d{1,15})"?$/.exec(text) ?? [];
    if (digits === undefined) throw invalidParameter("after", "must be the ETag of a list or of a record");
    return Number(digits);
  };

const countEndpoint = (app: HttpApp, { load }: HttpSearch, collection: ObjectRef): Endpoint => ({
  POST: {
    readsOnly: true,
    plan: () => targetPlan(app.storeContext, collection),
    run: async ({ request, session, user, budget }) => {
      requireContentType(request);
      requireParameters(request, ["after"]);
      const service = await load();
      const input = { collection, after: readAfter(request), user, body: request.json, budget };
      return searchResponse(await service.count(session, input));
    },
    describe: () => operations.COUNT,
  },
});

const searchesEndpoint = (app: HttpApp, { load }: HttpSearch, collection: ObjectRef): Endpoint => ({
  POST: {
    readsOnly: true,
    plan: () => targetPlan(app.storeContext, collection),
    run: async ({ request, session, user, budget }) => {
      requireContentType(request);
      requireParameters(request, ["after"]);
      const service = await load();
      const started = performance.now();
      const input = { collection, after: readAfter(request), user, body: request.json, budget };
      const results = await service.searchMany(session, input);
      const responses = results.map((result) =>
        result instanceof Failure ? formatFailure(result, app) : { ...result.body, status: 200 },
      );
      return httpResponse(200, JSON.stringify({ took: Math.round(performance.now() - started), responses }));
    },
    describe: () => operations.SEARCHES,
  },
});

/** An entry of `responses`, as in OpenSearch, with the error in the store's own format. */
const formatFailure = (failure: Failure, { errors }: HttpApp): JsonObject => {
  const { status, body } = errorResponse(failure, errors, undefined);
  return { error: parseJson(body ?? "{}") as JsonObject, status };
};

const scopeEndpoint = ({ load }: HttpSearch, bucket: ObjectRef | undefined): Endpoint => ({
  POST: {
    readsOnly: true,
    run: async ({ request, session, user, budget }) => {
      requireContentType(request);
      requireParameters(request, []);
      const service = await load();
      return searchResponse(await service.searchScope(session, { bucket, user, body: request.json, budget }));
    },
    describe: () => (bucket === undefined ? operations.SEARCH_EVERYWHERE : operations.SEARCH_BUCKET),
  },
});

const searchResponse = ({ body, timestamp }: SearchResult): HttpResponse =>
  httpResponse(200, JSON.stringify(body), {
    ...NO_CACHE_HEADERS,
    ...(timestamp !== undefined && timestampHeaders(timestamp)),
  });

/** The types that the user can search, as Searchlight lists its plugins. */
const typesResponse = async ({ load }: HttpSearch, { request, session, user }: Call): Promise<HttpResponse> => {
  requireParameters(request, []);
  const types = await (await load()).listTypes(session, user);
  const plugins = [
    { name: "record", type: "record", about: "The records of all collections." },
    ...types.map(({ name, plugin, about }) => ({ name: plugin, type: name, about })),
  ];
  return httpResponse(200, JSON.stringify({ plugins }));
};

const FACET_PARAMETERS = ["type", "all_projects", "include_fields", "exclude_options", "limit_terms"];
const MAX_OPTIONS = 1000;

const facets = async ({ load }: HttpSearch, { request, session, user, budget }: Call): Promise<HttpResponse> => {
  requireParameters(request, FACET_PARAMETERS);
  const params = new URLSearchParams(request.query);
  const types = params
    .getAll("type")
    .flatMap((value) => value.split(","))
    .filter((type) => type !== "");
  const service = await load();
  const body = await service.listFacets(session, {
    user,
    budget,
    types: types.length === 0 ? undefined : types,
    allProjects: readFlag(params, "all_projects", false),
    includeFields: readFlag(params, "include_fields", true),
    excludeOptions: readFlag(params, "exclude_options", false),
    limitTerms: readLimit(params),
  });
  return httpResponse(200, JSON.stringify(body), NO_CACHE_HEADERS);
};

const readFlag = (params: URLSearchParams, name: string, defaultValue: boolean): boolean => {
  const value = params.get(name)?.toLowerCase();
  if (value === undefined) return defaultValue;
  if (value !== "true" && value !== "false") throw invalidParameter(name, "must be true or false");
  return value === "true";
};

const readLimit = (params: URLSearchParams): number | undefined => {
  const value = params.get("limit_terms");
  // As in Searchlight, 0 means the default.
  if (value === null || value === "0") return undefined;
  const limit = /^\d{1,6}$/.test(value) ? Number(value) : 0;
  if (limit === 0 || limit > MAX_OPTIONS)
    throw invalidParameter("limit_terms", `must be an integer from 0 to ${MAX_OPTIONS}`);
  return limit;
};

const invalidParameter = (name: string, description: string): Failure =>
  invalid({ location: "querystring", name, description });
