import { indexPluginSuite } from "./index-plugin/suite.ts";

indexPluginSuite("the embedded engine", { prepare: async () => ({}), settle: async () => undefined });
