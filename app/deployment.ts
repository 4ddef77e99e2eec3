import type { Deployment } from "../config/deployment.ts";

/**
 * Returns what the bundle of a function was made for. `infra/bundle.ts` replaces this file in bundles.
 * @param _variables those of the function, which choose among several deployments
 */
export const readDeployment = (_variables: Readonly<Record<string, string | undefined>>): Deployment => {
  throw new TypeError("Only the bundles of functions have a deployment");
};
