import { rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type BuildOptions, build, type Plugin } from "esbuild";
import type { Config } from "../config/config.ts";
import { toDeployment } from "../config/deployment.ts";
import { FUNCTIONS } from "../config/functions.ts";

export type FunctionName = keyof typeof FUNCTIONS;

/** The Lambda handler of every function: the export `handler` of `main.mjs`. */
export const HANDLER = "main.handler";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

/**
 * Bundles each function for a config into its own folder below `<outdir>/bundles`. Dynamic imports become chunks that are
 * loaded on first use.
 */
export const bundleFunctions = async (outdir: string, config: Config): Promise<Record<FunctionName, string>> => {
  const names = Object.keys(FUNCTIONS) as FunctionName[];
  const plugins = [...LAMBDA_BUILD_OPTIONS.plugins, insertDeployment(config), omitInactivePlugins(config)];
  const folders = await Promise.all(
    names.map(async (name) => [name, await bundle(name, join(outdir, "bundles", name), plugins)] as const),
  );
  return Object.fromEntries(folders) as Record<FunctionName, string>;
};

/** Packages that only workers use: large ones, which make the code of other functions longer to load. */
const WORKER_PACKAGES = ["image-size", "jimp"];

/** The thread of the embedded search engine, beside the chunk that starts it. */
const SEARCH_THREAD = { "chunks/search-thread": "adapters/search/sqlite/search-thread.ts" };

const bundle = async (name: FunctionName, outdir: string, plugins: readonly Plugin[]): Promise<string> => {
  // Chunk names contain a hash, so chunks of an earlier bundle would remain.
  await rm(outdir, { recursive: true, force: true });
  await build({
    ...LAMBDA_BUILD_OPTIONS,
    absWorkingDir: ROOT,
    entryPoints: { main: `functions/${name}/main.ts`, ...(name !== "dispatch" && SEARCH_THREAD) },
    outdir,
    plugins: [...plugins],
    ...(name !== "worker" && { external: WORKER_PACKAGES }),
  });
  return outdir;
};

/** Gives functions their config, which they would otherwise have to check at each start. */
const insertDeployment = (config: Config): Plugin => ({
  name: "insert-deployment",
  setup: ({ onLoad }) => {
    onLoad({ filter: /[\\/]app[\\/]deployment\.ts$/ }, () => ({
      contents: `export const readDeployment = () => (${JSON.stringify(toDeployment(config))});`,
    }));
  },
});

/** The plugins of this repository. Each is a folder of `plugins/` and exports functions only. */
export const BUILT_IN_PLUGINS = [
  "accounts",
  "attachments",
  "basicauth",
  "changes",
  "counters",
  "csv",
  "default-bucket",
  "email",
  "eventbridge",
  "expiry",
  "file",
  "flush",
  "history",
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
const omitInactivePlugins = ({ plugins }: Config): Plugin => {
  const omitted = BUILT_IN_PLUGINS.filter((name) => !plugins.some(({ definitionName }) => definitionName === name));
  return {
    name: "omit-inactive-plugins",
    setup: ({ onLoad }) => {
      const paths = omitted.map((name) => join(ROOT, "plugins", name, "index.ts"));
      onLoad({ filter: /[\\/]index\.ts$/ }, async ({ path }) => {
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
