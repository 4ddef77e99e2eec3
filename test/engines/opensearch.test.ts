/** @slow */
import { afterAll } from "@jest/globals";
import { fedSearchContract } from "../contracts/fed-search.ts";
import { openOpenSearchCollections } from "../contracts/open-search.ts";
import { searchContract } from "../contracts/search.ts";
import { searchProperties } from "../property/search.ts";
import type { RunningEngine } from "./run-engine.ts";
import { startOpenSearch } from "./start-opensearch.ts";

/** One server for all tests, since it takes long to start. */
let server: Promise<RunningEngine> | undefined;
const open = async () => {
  server ??= startOpenSearch();
  return openOpenSearchCollections((await server).endpoint);
};
afterAll(async () => (await server)?.[Symbol.asyncDispose]());

searchContract("opensearch", open);
fedSearchContract("opensearch", open);
searchProperties("opensearch", open, 15);
