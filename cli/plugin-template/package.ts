import { changelog, license, readme } from "./documents.ts";
import { checkNode, MIN_NODE_VERSION, workflow } from "./node-version.ts";
import { type Files, type NewPlugin, packageName, type Versions } from "./plugin.ts";
import { source, usesZod } from "./source.ts";
import { nodeTests } from "./tests.ts";

/** A plugin as an npm package of its own, which depends only on the published kit and its testing package. */
export const packageFiles = (plugin: NewPlugin, versions: Versions): Files => ({
  "src/index.ts": source(plugin),
  [`test/${plugin.name}.test.ts`]: nodeTests(plugin, "../src/index.ts"),
  "test/check-node.mjs": checkNode(),
  ".github/workflows/test.yml": workflow(),
  "package.json": json(manifest(plugin, versions)),
  "tsconfig.json": json({
    compilerOptions: { ...COMPILER, noEmit: true, allowImportingTsExtensions: true },
    include: ["src", "test"],
  }),
  "tsconfig.build.json": json({
    compilerOptions: {
      ...COMPILER,
      rootDir: "src",
      outDir: "dist",
      declaration: true,
      rewriteRelativeImportExtensions: true,
    },
    include: ["src"],
  }),
  "README.md": readme(plugin, {
    from: packageName(plugin.name),
    install: `npm install ${packageName(plugin.name)}`,
    node: MIN_NODE_VERSION,
    test: "npm install\nnpm run types\nnpm test",
  }),
  "CHANGELOG.md": changelog(plugin),
  LICENSE: license(plugin),
  ".gitignore": "node_modules/\ndist/\n*.tgz\n",
});

const json = (value: object): string => `${JSON.stringify(value, null, 2)}\n`;

const manifest = (plugin: NewPlugin, { kit, types, typescript, zod }: Versions) => ({
  name: packageName(plugin.name),
  version: plugin.version,
  description: plugin.description,
  ...(plugin.author !== undefined && { author: plugin.author }),
  ...(plugin.homepage !== undefined && { homepage: plugin.homepage }),
  license: plugin.license,
  keywords: ["kintoun-plugin"],
  type: "module",
  engines: { node: `>=${MIN_NODE_VERSION}` },
  exports: { ".": { types: "./dist/index.d.ts", default: "./dist/index.js" } },
  files: ["dist", "CHANGELOG.md"],
  scripts: {
    types: "tsc",
    test: 'node test/check-node.mjs && node --test "test/*.test.ts"',
    build: "tsc -p tsconfig.build.json",
    prepack: "npm run build",
  },
  ...(usesZod(plugin) && { dependencies: { zod } }),
  peerDependencies: { "@kintoun/kit": `^${kit}` },
  devDependencies: { "@kintoun/kit": kit, "@kintoun/testing": kit, "@types/node": types, typescript },
});

/** What makes sources run as they are, and compile to what Node 22 runs. */
const COMPILER = {
  target: "ES2024",
  lib: ["ES2024", "ESNext.Disposable"],
  module: "NodeNext",
  types: ["node"],
  strict: true,
  noUncheckedIndexedAccess: true,
  exactOptionalPropertyTypes: true,
  verbatimModuleSyntax: true,
  erasableSyntaxOnly: true,
  skipLibCheck: true,
};
