import type { KintounConfig } from "../kit/config.ts";

/**
 * Returns the export of `kintoun.config.ts`. `infra/bundle.ts` replaces this file in the bundles of functions.
 * @param _variables those of the function, from which a packaged store reads its parameters
 */
export const readWrittenConfig = (_variables: Readonly<Record<string, string | undefined>>): KintounConfig => {
  throw new TypeError("Only the bundles of functions have a config");
};
