// Runs `node ARGUMENTS` on the Node that package-lock.json pins, after installing what is missing or stale. Plain JavaScript: this
// file itself must run on whatever Node is there.
import { spawn, spawnSync } from "node:child_process";
import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const node = join(root, "node_modules", ".bin", "node");
const wanted = JSON.parse(readFileSync(join(root, "package.json"), "utf8")).devDependencies.node;

const modified = (file) => (existsSync(file) ? statSync(file).mtimeMs : -1);
const version = () => (existsSync(node) ? spawnSync(node, ["--version"], { encoding: "utf8" }).stdout?.trim() : "none");
const isFresh = () => modified(join(root, "node_modules", ".package-lock.json")) >= modified(join(root, "package-lock.json")) && version() === `v${wanted}`;

const fail = (...lines) => {
  for (const line of lines) console.error(line);
  process.exit(1);
};

if (Number(process.versions.node.split(".")[0]) < 20)
  fail(`Kintoun is set up by Node 20 or newer; this is ${process.version}. It then brings its own Node ${wanted}.`);
if (!isFresh()) {
  console.error("Installing dependencies from package-lock.json; this takes about a minute …");
  const npm = spawnSync("npm", ["ci", "--no-fund", "--no-audit", "--loglevel=error"], { cwd: root, stdio: ["ignore", 2, 2] });
  if (npm.error !== undefined) fail(`npm can't be run: ${npm.error.message}`);
  if (npm.status !== 0) fail("npm ci failed; what it said stands above.");
  if (version() !== `v${wanted}`) fail(`npm ci did not bring Node ${wanted}: are install scripts switched off (npm config get ignore-scripts)?`);
}

const child = spawn(node, process.argv.slice(2), { cwd: root, stdio: ["inherit", "inherit", "inherit", "ipc"] });
// What reaches only us is passed on (Ctrl-C reaches both: once more does no harm). Should we be killed, the child sees the channel close.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
child.on("exit", (code, signal) => process.exit(code ?? (signal === "SIGINT" ? 130 : 1)));
