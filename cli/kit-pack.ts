import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { compileKit } from "./kit-compile.ts";
import { kitManifest, type Manifest } from "./kit-manifest.ts";
import { npm } from "./run-npm.ts";

const ROOT = resolve(import.meta.dirname, "..");

/** Compiles the kit, and packs it into a folder. @returns the package's file */
export const packKit = async (to: string): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), "kintoun-kit-"));
  try {
    const manifest = await writeKit(folder);
    await mkdir(to, { recursive: true });
    await npm(["pack", "--silent", "--pack-destination", to], folder);
    return join(to, `kintoun-kit-${manifest.version}.tgz`);
  } finally {
    await rm(folder, { recursive: true });
  }
};

/** Writes what the package holds. */
const writeKit = async (folder: string): Promise<Manifest> => {
  const kit: Manifest = JSON.parse(await readFile(join(ROOT, "kit/package.json"), "utf8"));
  const root: Manifest = JSON.parse(await readFile(join(ROOT, "package.json"), "utf8"));
  const entries = Object.values(kit.exports ?? {}).map((entry) => join("kit", entry));
  const manifest = kitManifest(kit, root, compileKit(ROOT, entries, join(folder, "dist")));
  await writeFile(join(folder, "package.json"), `${JSON.stringify(manifest, null, 2)}\n`);
  await copyFile(join(ROOT, "kit/README.md"), join(folder, "README.md"));
  await copyFile(join(ROOT, "LICENSE"), join(folder, "LICENSE"));
  return kit;
};
