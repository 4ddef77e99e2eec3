// Runs once in each process of jest-light-runner, before its test files.
import { registerHooks } from "node:module";
import { fileURLToPath } from "node:url";
import { lengthen } from "../time-limits.ts";

const GLOBALS = new URL("globals.ts", import.meta.url).href;
/** Maximum time for a test file to load. Tests and hooks have limits of their own, see globals.ts. */
const LOAD_TIMEOUT_MS = lengthen(120_000);

let loadingUrl: string | undefined;

/** Ends this process, and so lets its file fail, if a test file does not load in time. */
const limitLoading = (url: string): void => {
  if (url === loadingUrl) return;
  loadingUrl = url;
  const timer = setTimeout(() => {
    console.error(`${fileURLToPath(url)} has not loaded within ${LOAD_TIMEOUT_MS} ms. Check what it awaits.`);
    process.exit(1);
  }, LOAD_TIMEOUT_MS);
  const stop = () => clearTimeout(timer);
  // Waits for the import of the runner, which begins when this hook has returned.
  setImmediate(() => import(url).then(stop, stop));
};

registerHooks({
  resolve: (specifier, context, next) => {
    // Node loads the test files itself and does not know jest's virtual module.
    if (specifier === "@jest/globals") return { url: GLOBALS, shortCircuit: true };
    const resolved = next(specifier, context);
    // The runner adds a time, so that a file can be loaded again.
    if (/\.test\.ts\?\d+$/.test(specifier)) limitLoading(resolved.url);
    return resolved;
  },
});

// Ends with the process that has started this one, also while a test hangs.
process.once("disconnect", () => process.exit(1));

// The runner ends its processes by a signal, which would lose their coverage.
if (process.env.NODE_V8_COVERAGE !== undefined) process.once("SIGTERM", () => process.exit());
