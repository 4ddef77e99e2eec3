import { availableParallelism } from "node:os";

/** Suites that need more than Node: real engines, Kinto itself, or the machine for themselves. */
const apart = ["engines", "conformance", "clients", "rehearsal", "soak", "browser"];
const suite = apart.find((name) => name === process.env.SUITE);

export default {
  // Node loads sources and tests as it does in production. Jest's own runner would load all modules again for each file.
  runner: ["jest-light-runner", { runtime: "child_process" }],
  setupFiles: ["<rootDir>/test/runner/set-up.ts"],
  transform: {},
  testSequencer: "<rootDir>/test/runner/slow-first-sequencer.mjs",
  testMatch:
    suite === undefined
      ? ["<rootDir>/test/**/*.test.ts", "<rootDir>/plugins/*/**/*.test.ts"]
      : [`<rootDir>/test/${suite}/**/*.test.ts`],
  testPathIgnorePatterns: suite === undefined ? apart.map((name) => `<rootDir>/test/${name}/`) : [],
  modulePathIgnorePatterns: ["/cdk.out/", "/.kintoun/"],
  // Many unit tests wait for processes and queues, so more workers than cores. Other suites start servers of their own.
  maxWorkers: (suite === undefined ? 2 : 1) * availableParallelism(),
  reporters: ["default", "<rootDir>/test/runner/progress-reporter.mjs"],
};
