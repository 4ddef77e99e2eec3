import { indexPluginSuite } from "../../tutorials/index-plugin/suite.ts";
import { useOpenSearch } from "../start-opensearch.ts";

let endpoint: string;

indexPluginSuite("OpenSearch", {
  prepare: async () => {
    ({ endpoint } = await useOpenSearch());
    return { openSearch: endpoint };
  },
  settle: async () => {
    await fetch(`${endpoint}/_refresh`, { method: "POST" });
  },
});
