import type { Grants } from "../../../core/permissions/authorizer.ts";

/** Settings and plugins that grant nothing. */
export const NO_GRANTS: Grants = {
  principals: () => [],
  principalsAnywhere: () => [],
  staticGrants: () => [],
  namedPrincipals: new Set(),
};
