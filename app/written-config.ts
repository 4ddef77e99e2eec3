import type { KintounConfig } from "../kit/config.ts";

/** Returns the export of `kintoun.config.ts`. `infra/bundle.ts` replaces this file in the bundles of functions. */
export const readWrittenConfig = (): KintounConfig => {
  throw new TypeError("Only the bundles of functions have a config");
};
