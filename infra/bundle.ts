import { existsSync } from "node:fs";
import { cp, realpath, rm } from "node:fs/promises";
import { basename, dirname, extname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { type BuildOptions, build, type Metafile, type Plugin } from "esbuild";
import type { Config } from "../config/config.ts";
import { type Deployment, toDeployment } from "../config/deployment.ts";
import { PACKAGE_VARIANT_VARIABLE } from "../config/function-variables.ts";
import { FUNCTIONS } from "../config/functions.ts";
import { CONFIG_FILE_NAME } from "../config/load-config.ts";
import { UserError } from "../config/user-error.ts";

export type FunctionName = keyof typeof FUNCTIONS;

/** The Lambda handler of every function: the export `handler` of `main.mjs`. */
export const HANDLER = "main.handler";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
/** `.ts` in a checkout, `.js` in the package. */
const EXTENSION = extname(import.meta.url);

/** What is bundled, as JSON. */
export interface BundleInput {
  /** The absolute path of the folder that gets a folder of each function. */
  readonly outdir: string;
  /** The absolute path of the config; of a package, that of a function that returns it for the variables. */
  readonly configFile: string;
  readonly deployment: Deployment;
  /** The deployments of a package by variant, one of which a variable of the function names. */
  readonly variants?: Readonly<Record<string, Deployment>>;
  /** The names of the definitions of active plugins. */
  readonly active: readonly string[];
  /** The absolute paths of the folders of their pages. */
  readonly pages: readonly string[];
}

/** What is bundled of a config, below `<outdir>/bundles`. */
export const toBundleInput = (outdir: string, config: Config, configFile: string): BundleInput => ({
  outdir: join(outdir, "bundles"),
  configFile,
  deployment: toDeployment(config),
  active: config.plugins.map(({ definitionName }) => definitionName),
  pages: config.plugins.flatMap(({ pages }) => pages.map(({ folder }) => folder)),
});

/** The folders of bundles, by function. */
export type BundleFolders = Readonly<Record<FunctionName, string>>;

/** Bundles each function for a config into its own folder below `<outdir>/bundles`. */
export const bundleFunctions = (
  outdir: string,
  config: Config,
  configFile = resolve(CONFIG_FILE_NAME),
): Promise<BundleFolders> => writeBundles(toBundleInput(outdir, config, configFile));

/** Bundles each function into its own folder. Dynamic imports become chunks that are loaded on first use. */
export const writeBundles = async (input: BundleInput): Promise<BundleFolders> => {
  const plugins = [...LAMBDA_BUILD_OPTIONS.plugins, insertConfig(input), omitInactivePlugins(input.active)];
  const folders = toBundleFolders(input.outdir);
  // Only packages have `commands`.
  const names = FUNCTION_NAMES.filter((name) => name !== "commands" || input.variants !== undefined);
  await Promise.all(names.map((name) => bundle(name, folders[name], plugins, name === "api" ? input.pages : [])));
  return folders;
};

const FUNCTION_NAMES = Object.keys(FUNCTIONS) as FunctionName[];

export const toBundleFolders = (outdir: string): BundleFolders =>
  Object.fromEntries(FUNCTION_NAMES.map((name) => [name, join(outdir, name)])) as BundleFolders;

/** Packages that only workers use: large ones, which make the code of other functions longer to load. */
const WORKER_PACKAGES = ["image-size", "jimp"];

/** The thread of the embedded search engine, beside the chunk that starts it. */
const SEARCH_THREAD = { "chunks/search-thread": `adapters/search/sqlite/search-thread${EXTENSION}` };

const bundle = async (
  name: FunctionName,
  outdir: string,
  plugins: readonly Plugin[],
  pages: readonly string[],
): Promise<void> => {
  // Chunk names contain a hash, so chunks of an earlier bundle would remain.
  await rm(outdir, { recursive: true, force: true });
  const { metafile } = await build({
    ...LAMBDA_BUILD_OPTIONS,
    metafile: true,
    absWorkingDir: ROOT,
    entryPoints: { main: `functions/${name}/main${EXTENSION}`, ...(name !== "dispatch" && SEARCH_THREAD) },
    outdir,
    plugins: [...plugins],
    ...(name !== "worker" && { external: WORKER_PACKAGES }),
  });
  for (const folder of pages) await copyPages(folder, metafile);
};

/** Copies pages beside each file with code of their plugin, since their URL is relative to its module. */
const copyPages = async (folder: string, { outputs }: Metafile): Promise<void> => {
  if (!existsSync(folder)) throw new UserError([`There is no folder ${folder}. Make it with: npm run build:pages`]);
  const own = await realpath(dirname(folder));
  const places = Object.entries(outputs).flatMap(([output, { inputs }]) =>
    Object.keys(inputs).some((input) => dirname(resolve(ROOT, input)) === own) ? [dirname(resolve(ROOT, output))] : [],
  );
  for (const place of new Set(places)) await cp(folder, join(place, basename(folder)), { recursive: true });
};

/** Gives functions their config, and what was checked of it, which they would otherwise have to do at each start. */
const insertConfig = ({ configFile, deployment, variants }: BundleInput): Plugin => {
  const replaced: Readonly<Record<string, string>> = {
    [join(ROOT, `app/deployment${EXTENSION}`)]:
      variants === undefined
        ? `export const readDeployment = () => (${JSON.stringify(deployment)});`
        : selectDeployment(variants),
    [join(ROOT, `app/written-config${EXTENSION}`)]: `import config from ${JSON.stringify(configFile)};
       export const readWrittenConfig = (variables) => ${variants === undefined ? "config" : "config(variables)"};`,
  };
  return {
    name: "insert-config",
    setup: ({ onLoad }) => {
      onLoad({ filter: /[\\/]app[\\/](deployment|written-config)\.[jt]s$/ }, ({ path }) => {
        const contents = replaced[path];
        return contents === undefined ? undefined : { contents, resolveDir: resolve(path, "..") };
      });
    },
  };
};

/** Texts of JSON, of which a function parses its own only. */
const selectDeployment = (variants: Readonly<Record<string, Deployment>>): string => {
  const texts = Object.entries(variants).map(([name, deployment]) => [name, JSON.stringify(deployment)]);
  return `const deployments = ${JSON.stringify(Object.fromEntries(texts))};
    export const readDeployment = (variables) => {
      const text = deployments[variables.${PACKAGE_VARIANT_VARIABLE}];
      if (text !== undefined) return JSON.parse(text);
      throw new TypeError("The variable ${PACKAGE_VARIANT_VARIABLE} names no variant of this package. Update the stack with its template.");
    };`;
};

/** The plugins that come with Kintoun. Each is a folder of `plugins/` and exports functions only. */
export const BUILT_IN_PLUGINS = [
  "accounts",
  "admin",
  "api-docs",
  "attachments",
  "basicauth",
  "changes",
  "console",
  "counters",
  "csv",
  "default-bucket",
  "email",
  "eventbridge",
  "expiry",
  "file",
  "flush",
  "history",
  "mcp",
  "ndjson",
  "openid",
  "quotas",
  "rate-limits",
  "search",
  "sns",
  "tokens",
  "user-data",
  "webhooks",
  "xml",
] as const;

/** Leaves out the code of built-in plugins that are not active, since functions load all that the config imports. */
const omitInactivePlugins = (active: readonly string[]): Plugin => {
  const omitted = BUILT_IN_PLUGINS.filter((name) => !active.includes(name));
  return {
    name: "omit-inactive-plugins",
    setup: ({ onLoad }) => {
      const paths = omitted.map((name) => join(ROOT, "plugins", name, `index${EXTENSION}`));
      onLoad({ filter: /[\\/]index\.[jt]s$/ }, async ({ path }) => {
        // A plugin in another checkout may have a folder of the same name.
        if (!paths.includes(path)) return undefined;
        const names = await readExports(path);
        return { contents: names.map((name) => `export const ${name} = () => ({ name: "" });`).join("\n") };
      });
    },
  };
};

/** Names of what a module exports. */
const readExports = async (path: string): Promise<readonly string[]> => {
  const { metafile } = await build({ entryPoints: [path], write: false, metafile: true, format: "esm" });
  return Object.values(metafile.outputs).flatMap((output) => output.exports);
};

/**
 * Loads `node:http` as `require` does. An `import` would read all its exports, and some of them load all of undici: a third
 * of a function's start.
 */
const requireHttp: Plugin = {
  name: "require-http",
  setup: ({ onResolve, onLoad }) => {
    onResolve({ filter: /^(node:)?http$/ }, () => ({ path: "node:http", namespace: "require" }));
    onLoad({ filter: /./, namespace: "require" }, ({ path }) => ({
      contents: `module.exports = process.getBuiltinModule(${JSON.stringify(path)});`,
    }));
  },
};

/** Build options for Lambda. */
export const LAMBDA_BUILD_OPTIONS = {
  outExtension: { ".js": ".mjs" },
  bundle: true,
  splitting: true,
  chunkNames: "chunks/[name]-[hash]",
  format: "esm",
  platform: "node",
  target: "node24",
  // The ESM builds of the AWS SDK allow tree shaking.
  mainFields: ["module", "main"],
  minifySyntax: true,
  minifyWhitespace: true,
  // Keeps names readable in stack traces. Measured for api: the zip grows from 357 to 414 KB, the start time does not
  // change;
  // source maps would double the zip and add 10 ms to the start.
  minifyIdentifiers: false,
  legalComments: "none",
  // CommonJS packages (nodemailer, the OpenSearch client) load Node's modules with `require`.
  banner: {
    js: 'import{createRequire as kintounRequire}from"node:module";const require=kintounRequire(import.meta.url);',
  },
  logLevel: "warning",
  plugins: [requireHttp],
} satisfies BuildOptions;
