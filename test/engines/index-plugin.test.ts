/** @slow */
import { afterAll } from "@jest/globals";
import { indexPluginSuite } from "../tutorials/index-plugin/suite.ts";
import type { RunningEngine } from "./run-engine.ts";
import { startOpenSearch } from "./start-opensearch.ts";

let server: RunningEngine | undefined;
afterAll(async () => server?.[Symbol.asyncDispose]());

indexPluginSuite("OpenSearch", {
  prepare: async () => {
    server = await startOpenSearch();
    return { openSearch: server.endpoint };
  },
  settle: async () => {
    await fetch(`${server?.endpoint}/_refresh`, { method: "POST" });
  },
});
