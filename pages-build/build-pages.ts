import { existsSync } from "node:fs";
import { mkdtemp, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { brotliCompress, constants } from "node:zlib";
import { build } from "vite";
import type { Client } from "./clients.mjs";

const compress = promisify(brotliCompress);

/** Files that are compressed already would not become smaller. */
const COMPRESSIBLE = /\.(css|html|js|json|map|svg|txt)$/;
/** Smaller files need one packet anyway. */
const MIN_COMPRESSED_BYTES = 1024;

/**
 * Builds the pages of a plugin. The new files are complete before they replace the old ones, so that another build or a
 * starting store never sees half of them.
 */
export const buildPages = async ({ sources, files }: Pick<Client, "sources" | "files">): Promise<void> => {
  const outDir = await mkdtemp(join(dirname(files), ".build-"));
  const oldDir = `${outDir}-old`;
  try {
    await buildClient(sources, outDir);
    await compressFiles(outDir);
    // A folder cannot replace one with files.
    await rename(files, oldDir).catch(ignore("ENOENT"));
    // Another process may be faster.
    await rename(outDir, files).catch(ignore("ENOTEMPTY", "EEXIST"));
  } finally {
    await Promise.all([outDir, oldDir].map((folder) => rm(folder, { recursive: true, force: true })));
  }
};

const ignore =
  (...codes: readonly string[]) =>
  (error: NodeJS.ErrnoException): void => {
    if (!codes.includes(error.code ?? "")) throw error;
  };

const buildClient = async (root: string, outDir: string): Promise<void> => {
  const configFile = join(root, "vite.config.ts");
  await build({
    root,
    configFile: existsSync(configFile) ? configFile : false,
    configLoader: "native",
    // Pages are below a prefix that only the store knows.
    base: "./",
    mode: "production",
    logLevel: "warn",
    publicDir: false,
    oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
    build: {
      outDir,
      emptyOutDir: true,
      target: "es2022",
      // The content security policy allows no `data:` URL but of images.
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      reportCompressedSize: false,
      // Tests measure what pages load.
      chunkSizeWarningLimit: 2000,
    },
  });
};

/** Writes a `.br` beside each file that becomes smaller. */
const compressFiles = async (folder: string): Promise<void> => {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  await Promise.all(
    entries
      .filter((entry) => entry.isFile() && COMPRESSIBLE.test(entry.name))
      .map(async (entry) => {
        const file = join(entry.parentPath, entry.name);
        const content = await readFile(file);
        if (content.length < MIN_COMPRESSED_BYTES) return;
        const compressed = await compress(content, { params: { [constants.BROTLI_PARAM_SIZE_HINT]: content.length } });
        if (compressed.length < content.length) await writeFile(`${file}.br`, compressed);
      }),
  );
};
