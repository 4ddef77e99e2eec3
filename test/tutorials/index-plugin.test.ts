import { search } from "../../plugins/search/index.ts";
import { indexPluginSuite } from "./index-plugin/suite.ts";

indexPluginSuite(
  "the embedded engine",
  async () => search(),
  async () => undefined,
);
