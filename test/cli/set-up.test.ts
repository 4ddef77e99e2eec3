import { execFile } from "node:child_process";
import { chmod, copyFile, mkdir, mkdtemp, readdir, rm, symlink, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "@jest/globals";

const PINNED = "24.21.0";
/** In seconds. */
const tomorrow = Date.now() / 1000 + 24 * 3600;
let folder: string;
let checkout: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "kintoun-set-up-"));
  checkout = join(folder, "checkout");
  await mkdir(join(checkout, "cli"), { recursive: true });
  await copyFile(join(import.meta.dirname, "../../cli/set-up.mjs"), join(checkout, "cli/set-up.mjs"));
  await mkdir(join(checkout, "pages-build"));
  await mkdir(join(checkout, "plugins"));
  await copyFile(join(import.meta.dirname, "../../pages-build/clients.mjs"), join(checkout, "pages-build/clients.mjs"));
  await writeFile(join(checkout, "package.json"), JSON.stringify({ devDependencies: { node: PINNED } }));
  // Newer than whatever is installed, as the lockfile of a fresh clone is.
  await writeFile(join(checkout, "package-lock.json"), "{}");
});
afterEach(() => rm(folder, { recursive: true }));

/** Packages of another checkout, with a Node that tells its version alone, linked into this one. */
const link = async (version: string) => {
  const bin = join(folder, "other/node_modules/.bin");
  await mkdir(bin, { recursive: true });
  await writeFile(
    join(bin, "node"),
    `#!/bin/sh\nif [ "$1" = --version ]; then echo v${version}; else echo "runs $*"; fi\n`,
  );
  await chmod(join(bin, "node"), 0o755);
  await symlink(join(folder, "other/node_modules"), join(checkout, "node_modules"));
};

/** Where no npm is found, so that nothing is installed whatever happens. */
const setUp = () =>
  new Promise<{ code: unknown; stdout: string; stderr: string }>((resolve) => {
    execFile(
      process.execPath,
      ["cli/set-up.mjs", "main.ts"],
      { cwd: checkout, env: { PATH: folder } },
      (error, stdout, stderr) => resolve({ code: error?.code ?? 0, stdout, stderr }),
    );
  });

it("packages that are linked from another checkout are used as they are", async () => {
  await link(PINNED);
  expect(await setUp()).toEqual({ code: 0, stdout: "runs main.ts\n", stderr: "" });
});

it("pages are built if they are missing or older than their sources, and not otherwise", async () => {
  await link(PINNED);
  const plugin = join(checkout, "plugins/weather");
  await mkdir(join(plugin, "client"), { recursive: true });
  await writeFile(join(plugin, "client/index.html"), "");
  const built = { code: 0, stdout: "runs main.ts\n", stderr: `runs ${join(checkout, "pages-build/main.ts")}\n` };
  expect(await setUp()).toEqual(built);

  await mkdir(join(plugin, "weather-pages"));
  await writeFile(join(plugin, "weather-pages/index.html"), "");
  await utimes(join(plugin, "weather-pages/index.html"), tomorrow, tomorrow);
  expect((await setUp()).stderr).toBe("");

  await utimes(join(plugin, "client/index.html"), tomorrow + 1, tomorrow + 1);
  expect(await setUp()).toEqual(built);
});

it("set-up reports linked packages that are outdated and keeps them", async () => {
  await link("20.0.0");
  const { code, stderr } = await setUp();
  expect(code).toBe(1);
  expect(stderr).toMatch(
    /^node_modules is a link to .*other\/node_modules, without the Node 24\.21\.0 that is needed\. Run npm ci where that folder belongs/,
  );
  expect(await readdir(join(folder, "other/node_modules/.bin"))).toEqual(["node"]);
});

it("set-up reports a broken link", async () => {
  await symlink(join(folder, "gone"), join(checkout, "node_modules"));
  expect((await setUp()).stderr).toContain("node_modules is a link to a folder that is not there");
});
