import { execFileSync } from "node:child_process";
import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import { UserError } from "../config/user-error.ts";
import { type BundleFolders, type BundleInput, toBundleFolders } from "./bundle.ts";

const PROGRAM = fileURLToPath(new URL(`./bundle-main${extname(import.meta.url)}`, import.meta.url));

/**
 * Bundles the functions and waits for it, as a construct of the CDK must. A process of its own does it, because esbuild runs
 * plugins asynchronously only. Throws a {@link UserError} with what esbuild reports.
 */
export const bundleInProcess = (input: BundleInput): BundleFolders => {
  try {
    execFileSync(process.execPath, [PROGRAM], { input: JSON.stringify(input), stdio: ["pipe", "pipe", "pipe"] });
  } catch (error) {
    const { stderr } = error as { stderr?: Buffer };
    throw new UserError([`The functions cannot be bundled: ${String(stderr ?? error).trim()}`]);
  }
  return toBundleFolders(input.outdir);
};
