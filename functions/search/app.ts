import { type AppOptions, closeApp, createAppContext } from "../../app/create-app-context.ts";
import { handlesSearches, servesSearches } from "../../config/plugin-placement.ts";
import { createHttpApp } from "../http/app.ts";
import { type HttpHandler, httpHandler, requestSteps } from "../http/pipeline.ts";
import { addRewrites } from "../http/plugin-rewrites.ts";
import { EndpointRouter, type HttpApp } from "../http/routing.ts";
import { addSearch } from "../http/search.ts";

/** What `functions/search` is composed of. */
export interface SearchApp extends HttpApp {
  close(): Promise<void>;
}

export const createSearch = async (options: AppOptions): Promise<SearchApp> => {
  const app = createAppContext(options);
  const http = await createHttpApp(app, options, servesSearches, handlesSearches);
  // Every request to this function needs it.
  await http.search?.load();
  return { ...http, close: () => closeApp(app) };
};

/** The Lambda handler of searches, under their own paths and those that plugins rewrite to them. */
export const searchHandler = (app: SearchApp): HttpHandler => {
  const router = new EndpointRouter<HttpApp>();
  addRewrites(app, router);
  addSearch(app, router);
  return httpHandler<HttpApp>(app, requestSteps<HttpApp>(app, router.find), router.describe);
};
