// Runs `node ARGUMENTS` on the Node that package-lock.json pins, after installing missing or outdated dependencies and
// building missing or outdated pages.
// Plain JavaScript, because any Node must run it.
import { spawn, spawnSync } from "node:child_process";
import { existsSync, lstatSync, readFileSync, realpathSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { findStaleClients } from "../pages-build/clients.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const modules = join(root, "node_modules");
const node = join(modules, ".bin", "node");
const wanted = JSON.parse(readFileSync(join(root, "package.json"), "utf8")).devDependencies.node;

const modified = (file) => (existsSync(file) ? statSync(file).mtimeMs : -1);
const version = () => (existsSync(node) ? spawnSync(node, ["--version"], { encoding: "utf8" }).stdout?.trim() : "none");
// A linked folder belongs to another checkout, which updates it. npm would empty it.
const linked = lstatSync(modules, { throwIfNoEntry: false })?.isSymbolicLink() ?? false;
const isCurrent = () =>
  linked || modified(join(modules, ".package-lock.json")) >= modified(join(root, "package-lock.json"));
const isFresh = () => isCurrent() && version() === `v${wanted}`;

const fail = (...lines) => {
  for (const line of lines) console.error(line);
  process.exit(1);
};

if (Number(process.versions.node.split(".")[0]) < 20)
  fail(
    `Kintoun needs Node 20 or newer to install its own Node ${wanted}; this is ${process.version}. Install a newer Node.`,
  );
if (!isFresh()) {
  if (linked) {
    const target = existsSync(modules) ? realpathSync(modules) : "a folder that is not there";
    fail(
      `node_modules is a link to ${target}, without the Node ${wanted} that is needed. Run npm ci where that folder belongs, or remove the link.`,
    );
  }
  console.error("Installing dependencies from package-lock.json; this takes about a minute …");
  const npm = spawnSync("npm", ["ci", "--no-fund", "--no-audit", "--loglevel=error"], {
    cwd: root,
    stdio: ["ignore", 2, 2],
  });
  if (npm.error !== undefined) fail(`npm cannot be run: ${npm.error.message}`);
  if (npm.status !== 0) fail("npm ci failed. See its output above.");
  if (version() !== `v${wanted}`)
    fail(
      `npm ci did not install Node ${wanted}. Check that install scripts are enabled: npm config get ignore-scripts`,
    );
}

if (findStaleClients(root).length > 0) {
  const { status } = spawnSync(node, [join(root, "pages-build/main.ts")], { stdio: ["ignore", 2, 2] });
  if (status !== 0) fail("The pages of plugins cannot be built. See the output above.");
}

// Commands start in half of the time when their compiled modules are kept.
const env = { NODE_COMPILE_CACHE: join(modules, ".cache/node"), ...process.env };
const child = spawn(node, process.argv.slice(2), { cwd: root, env, stdio: ["inherit", "inherit", "inherit", "ipc"] });
// Passes signals on to the child. Ctrl-C reaches both, which is harmless. If this process is killed, the child sees
// the channel close.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
child.on("exit", (code, signal) => process.exit(code ?? (signal === "SIGINT" ? 130 : 1)));
