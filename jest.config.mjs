/** Sources are ES modules that Node runs as they are; jest needs the types stripped. */
const common = {
  extensionsToTreatAsEsm: [".ts"],
  transform: { "^.+\\.ts$": ["@swc/jest", { jsc: { target: "es2024", parser: { syntax: "typescript" } }, module: { type: "es6" } }] },
  testEnvironment: "node",
  modulePathIgnorePatterns: ["/cdk.out/", "/.kintoun/"],
};

const engines = process.env.SUITE === "engines";

export default {
  ...common,
  testMatch: engines ? ["<rootDir>/test/engines/**/*.test.ts"] : ["<rootDir>/test/**/*.test.ts"],
  testPathIgnorePatterns: engines ? [] : ["<rootDir>/test/engines/"],
  testTimeout: 60_000,
  maxWorkers: 2,
  reporters: ["default", "<rootDir>/test/closing-line.mjs"],
};
