import { openOpenSearch } from "../../adapters/search/opensearch/engine.ts";
import { searchContract } from "../contracts/search.ts";
import { startOpenSearch } from "./start-opensearch.ts";

searchContract("opensearch", async () => {
  const server = await startOpenSearch();
  const engine = openOpenSearch({ node: server.endpoint });
  return {
    engine,
    settle: async () => {
      await fetch(`${server.endpoint}/_refresh`, { method: "POST" });
    },
    [Symbol.asyncDispose]: async () => {
      await engine.close();
      await server[Symbol.asyncDispose]();
    },
  };
});
