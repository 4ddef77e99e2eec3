/** @slow */
import { afterAll } from "@jest/globals";
import { openOpenSearch } from "../../adapters/search/opensearch/engine.ts";
import { searchContract } from "../contracts/search.ts";
import type { RunningEngine } from "./run-engine.ts";
import { searchAgreement } from "./search-agreement.ts";
import { startOpenSearch } from "./start-opensearch.ts";

/** One server for all tests, since it takes long to start. */
let server: Promise<RunningEngine> | undefined;
const start = async (): Promise<string> => {
  server ??= startOpenSearch();
  return (await server).endpoint;
};
afterAll(async () => (await server)?.[Symbol.asyncDispose]());

searchContract("opensearch", async () => {
  const endpoint = await start();
  const engine = openOpenSearch({ node: endpoint });
  return {
    engine,
    settle: async () => {
      await fetch(`${endpoint}/_refresh`, { method: "POST" });
    },
    [Symbol.asyncDispose]: () => engine.close(),
  };
});

searchAgreement(start);
