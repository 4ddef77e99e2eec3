#!/usr/bin/env node
// The `kintoun` command of a project that depends on the package. It imports nothing at first, because any Node must run it.
import module from "node:module";

const OLDEST = [22, 18] as const;
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1])) {
  console.error(
    `Kintoun needs Node ${OLDEST.join(".")} or newer, but this is Node ${process.versions.node}. Install Node 24 from https://nodejs.org and run the command again.`,
  );
  process.exitCode = 1;
} else {
  // Commands start in half of the time when their compiled modules are kept.
  module.enableCompileCache();
  await import("./main.ts");
}
