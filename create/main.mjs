#!/usr/bin/env node
// Makes a project: `npm create kintoun my-store`. Plain JavaScript, because any Node must run it.
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { basename, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const TEMPLATE = fileURLToPath(new URL("template", import.meta.url));
/** The name of the project in the template. */
const TEMPLATE_NAME = "my-store";
/** The oldest Node that runs the project. */
const OLDEST_NODE = [22, 18];
const MAX_NAME_CHARS = 40;

const fail = (...lines) => {
  for (const line of lines) console.error(line);
  process.exit(1);
};

const USAGE =
  "Usage: npm create kintoun FOLDER\nMakes a project with a Kintoun store in FOLDER, for example: npm create kintoun my-store";

const [folder, ...others] = process.argv.slice(2);
if (folder === "--help" || folder === "-h") {
  console.log(USAGE);
  process.exit(0);
}
if (folder === undefined || folder === "" || folder.startsWith("-") || others.length > 0) fail(USAGE);

const to = resolve(folder);
const name = basename(to);
// It becomes the name of an npm package and of a CloudFormation stack, of which queues have names.
if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name) || name.length > MAX_NAME_CHARS)
  fail(
    `'${name}' cannot be the name of a project. Use at most ${MAX_NAME_CHARS} lowercase letters, digits and single dashes, with a letter first, for example my-store.`,
  );
if (name === "kintoun")
  fail("A project cannot have the name of the package that it depends on. Choose another one, for example my-store.");
if (existsSync(to) && readdirSync(to).length > 0)
  fail(`The folder ${folder} is not empty, so nothing was written. Choose another name, or empty the folder.`);

const { version } = JSON.parse(readFileSync(new URL("package.json", import.meta.url), "utf8"));

mkdirSync(to, { recursive: true });
cpSync(TEMPLATE, to, { recursive: true });
// npm leaves out files of this name when it packs the template.
renameSync(join(to, "gitignore"), join(to, ".gitignore"));
for (const file of readdirSync(to, { recursive: true, withFileTypes: true })) {
  if (!file.isFile()) continue;
  const path = join(file.parentPath ?? file.path, file.name);
  writeFileSync(path, readFileSync(path, "utf8").replaceAll(TEMPLATE_NAME, name));
}
const manifestFile = join(to, "package.json");
const manifest = JSON.parse(readFileSync(manifestFile, "utf8"));
manifest.dependencies.kintoun = version;
writeFileSync(manifestFile, `${JSON.stringify(manifest, null, 2)}\n`);

console.log(
  [
    `Wrote the project ${name} to ${relative("", to) || "."}`,
    "Next:",
    `  cd ${relative("", to) || "."}`,
    "  npm install",
    "  npm start        # run the store on this machine",
    "  npm test         # test the plugin and the store",
    "  npx kintoun      # all commands",
    "README.md says how to deploy it.",
  ].join("\n"),
);
const [major, minor] = process.versions.node.split(".").map(Number);
if (major < OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor < OLDEST_NODE[1]))
  console.error(
    `The project needs Node ${OLDEST_NODE.join(".")} or newer, but this is Node ${process.versions.node}. Install Node 24 from https://nodejs.org.`,
  );
