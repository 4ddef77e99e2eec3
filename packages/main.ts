// Builds the npm packages: `npm run build:packages -- --to FOLDER`.
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { UserError } from "../config/user-error.ts";
import { packPackages } from "./build.ts";

try {
  const { values } = parseArgs({ options: { to: { type: "string", default: "dist/packages" } } });
  for (const file of await packPackages(resolve(values.to))) console.log(file);
} catch (error) {
  if (!(error instanceof UserError)) throw error;
  for (const line of error.lines) console.error(line);
  process.exitCode = 1;
}
