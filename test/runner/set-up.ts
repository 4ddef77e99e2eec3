// Runs once in each process of jest-light-runner, before its test files.
import { registerHooks } from "node:module";

const GLOBALS = new URL("globals.ts", import.meta.url).href;

// Node loads the test files itself and does not know jest's virtual module.
registerHooks({
  resolve: (specifier, context, next) =>
    specifier === "@jest/globals" ? { url: GLOBALS, shortCircuit: true } : next(specifier, context),
});

// The runner ends its processes by a signal, which would lose their coverage.
if (process.env.NODE_V8_COVERAGE !== undefined) process.once("SIGTERM", () => process.exit());
