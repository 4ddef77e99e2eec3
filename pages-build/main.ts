// Builds the pages of plugins whose files are older than their sources; with `--all`, those of all plugins.
import { resolve } from "node:path";
import { buildPages } from "./build-pages.ts";
import { findClients, findStaleClients } from "./clients.mjs";

const ROOT = resolve(import.meta.dirname, "..");

for (const client of process.argv.includes("--all") ? findClients(ROOT) : findStaleClients(ROOT))
  await buildPages(client);
