import { join } from "node:path";
import { defineConfig } from "vitest/config";
import skipped from "../skipped.json" with { type: "json" };

const HERE = import.meta.dirname;
const names = Object.values(skipped["kinto.js"]).flat();
const anyOf = names.map((name) => name.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&")).join("|");

/** Kinto's own suites, as they are, on its client from npm. */
export default defineConfig({
  root: HERE,
  resolve: {
    alias: [
      { find: /^(?:\.\.\/)+src(?=\/|$)/, replacement: join(HERE, "../../../node_modules/kinto/lib") },
      ...["kinto-node-test-server", "node-fetch", "mitt"].map((find) => ({
        find,
        replacement: join(HERE, `${find}.ts`),
      })),
    ],
  },
  test: {
    globals: true,
    include: ["upstream/**/integration_test.ts"],
    ...(names.length > 0 && { testNamePattern: new RegExp(`^(?!${anyOf})`) }),
    // Its sources are modules that Node itself would not take for such.
    server: { deps: { inline: [/\/kinto\/lib\//] } },
    setupFiles: ["fake-indexeddb/auto"],
    fileParallelism: false,
    testTimeout: 30_000,
    hookTimeout: 90_000,
    reporters: ["default", join(HERE, "closing-line.ts")],
  },
});
