#!/usr/bin/env node
// The `kintoun` command: runs cli/main.ts on the pinned Node, after installing missing dependencies. Plain
// JavaScript, because any Node must run it.
process.argv.splice(2, 0, "cli/main.ts");
await import("./set-up.mjs");
