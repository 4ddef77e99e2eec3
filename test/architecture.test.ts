import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, posix } from "node:path";
import { describe, expect, it } from "@jest/globals";

/** Which folder may import from which, from the bottom up; `*` is one folder, the same on both sides of a row. */
const LAYOUT: Readonly<Record<string, readonly string[]>> = {
  lib: ["lib"],
  core: ["core", "lib"],
  kit: ["kit", "core", "lib"],
  "plugins/*": ["plugins/*"],
  "kintoun.config.ts": ["plugins"],
  "adapters/*": ["adapters/*", "core", "lib"],
  config: ["config", "kit", "adapters", "core", "lib"],
  app: ["app", "config", "kit", "adapters", "core", "lib"],
  "functions/http": ["functions/http", "app", "config", "kit", "core", "lib"],
  "functions/*": ["functions/*", "functions/http", "app", "config", "kit", "core", "lib"],
  operations: ["operations", "functions", "app", "config", "kit", "adapters", "core", "lib"],
  local: ["local", "operations", "functions", "app", "config", "kit", "adapters", "core", "lib"],
  testing: ["testing", "local", "operations", "functions", "app", "config", "kit", "core", "lib"],
  // Also part of the functions of a package.
  "infra/package/config.ts": ["plugins", "config", "kit"],
  infra: ["infra", "config", "kit", "adapters", "core", "lib"],
  rehearsal: [
    "rehearsal",
    "testing",
    "infra",
    "operations",
    "local",
    "functions",
    "app",
    "config",
    "kit",
    "plugins",
    "core",
    "lib",
  ],
  cli: ["cli", "pages-build", "infra", "operations", "local", "functions", "app", "config", "kit", "core", "lib"],
  packages: ["packages", "pages-build", "cli", "config"],
  create: ["create"],
  "pages-build": ["pages-build"],
  site: ["site"],
  "examples/*": ["examples/*"],
};
/** Folders that may import everything. */
const UNRESTRICTED_FOLDERS = ["test", "bench"];
/** Packages that a folder may not import: core runs the same everywhere. */
const FORBIDDEN_PACKAGES: Readonly<Record<string, RegExp>> = {
  lib: /^(@kintoun|@aws-sdk|aws-|hono|@opensearch-project|nodemailer|zod)/,
  core: /^(@kintoun|@aws-sdk|aws-|hono|@opensearch-project|nodemailer|zod)/,
  kit: /^(@kintoun|@aws-sdk|hono)/,
  plugins: /^@aws-sdk/,
};
/** Packages that only a plugin's tests may import. */
const TEST_PACKAGES = /^(@jest|@kintoun\/testing)/;

const root = join(import.meta.dirname, "..");
const isWithin = (file: string, folder: string): boolean => file === folder || file.startsWith(`${folder}/`);

const matches = (file: string, folder: string): string | undefined => {
  if (!folder.endsWith("/*")) return isWithin(file, folder) ? folder : undefined;
  const [top, name] = file.split("/");
  return top === folder.slice(0, -2) && name !== undefined ? `${top}/${name}` : undefined;
};

/** The imports of a file that the layout does not allow. */
const findForbiddenImports = (file: string, source: string): string[] => {
  if (UNRESTRICTED_FOLDERS.some((folder) => isWithin(file, folder))) return [];
  const row = Object.keys(LAYOUT).find((folder) => matches(file, folder) !== undefined);
  if (row === undefined) return [`${file} is in no folder of the layout`];
  const allowed = (LAYOUT[row] ?? []).map((folder) => (folder === row ? matches(file, folder) : folder) as string);
  const found = [...source.matchAll(/(?:\bfrom|\bimport)\s*\(?\s*"([^"]+)"/g)].map(([, to]) => to as string);
  return found
    .filter((to) => !to.endsWith(".json"))
    .filter((to) => {
      if (!to.startsWith("."))
        return (
          FORBIDDEN_PACKAGES[file.split("/")[0] ?? ""]?.test(to) ||
          (row === "plugins/*" && TEST_PACKAGES.test(to) && !file.endsWith(".test.ts"))
        );
      const target = posix.join(dirname(file), to);
      return !allowed.some((folder) => isWithin(target, folder));
    })
    .map((to) => `${file} imports ${to}`);
};

const files = readdirSync(root, { recursive: true, encoding: "utf8" }).filter(
  (file) =>
    file.endsWith(".ts") && !/^(node_modules|cdk\.out|dist|\.kintoun)\//.test(file) && !file.includes("/node_modules/"),
);

/** The relative imports of a file that load another file, in contrast to those of types. */
const valueImports = (file: string): string[] =>
  [...readFileSync(join(root, file), "utf8").matchAll(/^(?:import|export) (?!type )([^"]*?)from "(\.[^"]+)";$/gms)]
    .filter(([, names = ""]) => {
      const imported = names.replace(/[{}]/g, "").split(",");
      return imported.some((name) => name.trim() !== "" && !name.trim().startsWith("type "));
    })
    .map(([, , to = ""]) => posix.join(dirname(file), to));

/** Cycles of files that import each other, such as `a.ts > b.ts > a.ts`. */
const findCycles = (importsOf: ReadonlyMap<string, readonly string[]>): string[] => {
  const visited = new Set<string>();
  const visit = (file: string, path: readonly string[]): string[] => {
    const start = path.indexOf(file);
    if (start !== -1) return [[...path.slice(start), file].join(" > ")];
    if (visited.has(file)) return [];
    visited.add(file);
    return (importsOf.get(file) ?? []).flatMap((to) => visit(to, [...path, file]));
  };
  return [...importsOf.keys()].flatMap((file) => visit(file, []));
};

describe("the layout of ARCHITECTURE.md", () => {
  it("is followed by every import", () => {
    expect(files.length).toBeGreaterThan(100);
    expect(files.flatMap((file) => findForbiddenImports(file, readFileSync(join(root, file), "utf8")))).toEqual([]);
  });

  it.each([
    ["core/objects/get-object.ts", "../../adapters/store/dynamodb/store.ts"],
    ["core/objects/get-object.ts", "../../kit/index.ts"],
    ["core/store/view.ts", "@aws-sdk/client-dynamodb"],
    ["plugins/email/index.ts", "../search/index.ts"],
    ["plugins/email/index.ts", "../../core/ports/mail.ts"],
    ["plugins/email/index.ts", "../../kit/index.ts"],
    ["plugins/email/index.ts", "@kintoun/testing"],
    ["plugins/email/index.ts", "@jest/globals"],
    ["plugins/email/email.test.ts", "../../test/start-store.ts"],
    ["kit/plugin.ts", "@kintoun/kit"],
    ["adapters/mail/smtp.ts", "../queue/sqs.ts"],
    ["functions/api/app.ts", "../search/app.ts"],
    ["functions/api/app.ts", "../../adapters/store/dynamodb/store.ts"],
    ["app/create-app-context.ts", "../local/cloud.ts"],
    ["infra/stack.ts", "../app/create-app-context.ts"],
    ["infra/stack.ts", "../operations/redrive.ts"],
    ["config/config.ts", "../app/create-app-context.ts"],
    ["kit/plugin.ts", "../testing/index.ts"],
    ["lib/json-patch.ts", "../core/errors.ts"],
    ["app/create-app-context.ts", "../functions/http/request.ts"],
    ["stray.ts", "./lib/json.ts"],
  ])("does not let %s import %s", (file, to) => {
    expect(findForbiddenImports(file, `import { x } from "${to}";`)).toHaveLength(1);
    expect(findForbiddenImports(file, `const x = await import("${to}");`)).toHaveLength(1);
  });

  it.each([
    ["plugins/email/index.ts", "./words.ts"],
    ["plugins/email/email.test.ts", "@kintoun/testing"],
    ["plugins/email/email.test.ts", "@jest/globals"],
    ["adapters/store/dynamodb/store.ts", "../../../core/ports/store.ts"],
    ["functions/api/app.ts", "../../app/create-app-context.ts"],
  ])("lets %s import %s", (file, to) => {
    expect(findForbiddenImports(file, `import { x } from "${to}";`)).toEqual([]);
  });
});

describe("imports", () => {
  it("have no cycles, because a bundle loads the files of a cycle in another order than Node", () => {
    const own = files.filter((file) => !UNRESTRICTED_FOLDERS.some((folder) => isWithin(file, folder)));

    expect(findCycles(new Map(own.map((file) => [file, valueImports(file)])))).toEqual([]);
    expect(
      findCycles(
        new Map([
          ["a.ts", ["b.ts"]],
          ["b.ts", ["c.ts"]],
          ["c.ts", ["b.ts"]],
        ]),
      ),
    ).toEqual(["b.ts > c.ts > b.ts"]);
  });
});

describe("process.env", () => {
  it("is read in one place per kind of process", () => {
    const readers = files.filter(
      (file) =>
        !UNRESTRICTED_FOLDERS.some((folder) => isWithin(file, folder)) &&
        /(?<!")process\.env/.test(readFileSync(join(root, file), "utf8")),
    );

    expect(readers.toSorted()).toEqual(["app/lambda-runtime.ts", "config/load-config.ts", "site/config.ts"]);
  });
});
