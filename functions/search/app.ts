import { type AppOptions, closeApp, createAppContext } from "../../app/create-app-context.ts";
import { servesSearches } from "../../config/plugin-placement.ts";
import { addSearch, createHttpApp } from "../http/app.ts";
import { type HttpHandler, httpHandler, requestSteps } from "../http/pipeline.ts";
import { addRewrites } from "../http/plugin-rewrites.ts";
import { EndpointRouter, type HttpApp } from "../http/routing.ts";

/** What `functions/search` is composed of. */
export interface SearchApp extends HttpApp {
  close(): Promise<void>;
}

export const createSearch = async (options: AppOptions): Promise<SearchApp> => {
  const app = createAppContext(options);
  const search = await createHttpApp(app, options, servesSearches);
  // Every request to this function needs it.
  await search.loadSearch?.();
  return { ...search, close: () => closeApp(app) };
};

/** The Lambda handler of `POST …/search`, under its own path and those that plugins rewrite to it. */
export const searchHandler = (app: SearchApp): HttpHandler => {
  const router = new EndpointRouter<HttpApp>();
  addRewrites(app, router);
  addSearch(app, router);
  return httpHandler<HttpApp>(app, requestSteps<HttpApp>(app, router.find));
};
