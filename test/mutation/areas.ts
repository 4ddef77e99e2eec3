/** The test files that cover a folder. Each mutant loads all of them, so that a long list makes a slow run. */
export interface Area {
  /** Fast tests, which all mutants meet first. */
  readonly unit: readonly string[];
  /** Tests of a whole store, for the mutants that are left. */
  readonly integration: readonly string[];
}

export const AREAS: Readonly<Record<string, Area>> = {
  "core/events": {
    unit: ["test/core/events/*.test.ts"],
    integration: ["test/integration/{listeners,delivery,provenance,idempotency-failures}.test.ts"],
  },
  "core/jobs": {
    unit: ["test/core/jobs/*.test.ts"],
    integration: ["test/integration/{jobs,actions}.test.ts"],
  },
  "core/objects": {
    // The test of memory collects garbage, which takes long.
    unit: ["test/core/objects/!(list-memory).test.ts"],
    integration: ["test/integration/{resources,patch,schemas,permissions,plugin-data}.test.ts"],
  },
  "core/permissions": {
    unit: ["test/core/permissions/*.test.ts"],
    integration: ["test/core/permissions.test.ts", "test/integration/{permissions-endpoint,plugin-data}.test.ts"],
  },
  "core/search": {
    unit: ["test/core/search/*.test.ts"],
    integration: ["test/plugins/search.test.ts"],
  },
  "core/store": {
    unit: ["test/core/store/*.test.ts"],
    integration: ["test/integration/{batch,concurrency,resources}.test.ts"],
  },
  "adapters/store": {
    unit: [
      "test/adapters/store/dynamodb/*.test.ts",
      "test/adapters/store/{contention,transport}.test.ts",
      "test/config/stream-filters.test.ts",
    ],
    integration: ["test/adapters/store/{changes,dynoxide}.test.ts"],
  },
};
