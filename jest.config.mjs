import { availableParallelism } from "node:os";

/** Sources are ES modules that Node runs as they are; jest needs the types stripped. */
const common = {
  extensionsToTreatAsEsm: [".ts"],
  transform: {
    "^.+\\.ts$": [
      "@swc/jest",
      {
        jsc: { target: "es2024", parser: { syntax: "typescript" }, experimental: { keepImportAttributes: true } },
        module: { type: "es6" },
      },
    ],
  },
  testEnvironment: "node",
  modulePathIgnorePatterns: ["/cdk.out/", "/.kintoun/"],
};

/** Suites that need more than Node: real engines, Kinto itself, or the machine for themselves. */
const apart = ["engines", "conformance", "clients", "soak"];
const suite = apart.find((name) => name === process.env.SUITE);

export default {
  ...common,
  testSequencer: "<rootDir>/test/slow-first-sequencer.mjs",
  testMatch:
    suite === undefined
      ? ["<rootDir>/test/**/*.test.ts", "<rootDir>/plugins/*/**/*.test.ts"]
      : [`<rootDir>/test/${suite}/**/*.test.ts`],
  testPathIgnorePatterns: suite === undefined ? apart.map((name) => `<rootDir>/test/${name}/`) : [],
  testTimeout: 120_000,
  // Many tests wait for processes and queues, so more workers than cores.
  maxWorkers: Math.ceil(availableParallelism() * 1.5),
  // Modules of earlier test files stay in a worker's heap. Past this size the worker is replaced between two files.
  workerIdleMemoryLimit: "700MB",
  coverageProvider: "v8",
  coverageReporters: ["text-summary", "lcov"],
  collectCoverageFrom: [
    "{adapters,app,cli,config,core,functions,infra,kit,lib,local,operations,plugins,testing}/**/*.ts",
  ],
  reporters: ["default", "<rootDir>/test/progress-reporter.mjs"],
};
