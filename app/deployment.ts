import type { Deployment } from "../config/deployment.ts";

/** Returns what the bundle of a function was made for. `infra/bundle.ts` replaces this file in bundles. */
export const readDeployment = (): Deployment => {
  throw new TypeError("Only the bundles of functions have a deployment");
};
