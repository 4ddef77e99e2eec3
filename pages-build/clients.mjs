// Plain JavaScript, because any Node must run it before dependencies are installed.
import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";

/** What the files of all clients depend on, beside their sources. */
const SHARED_INPUTS = ["pages-build", "package-lock.json"];

/**
 * The pages of built-in plugins: the sources in `plugins/<name>/client` become the files in `plugins/<name>/<name>-pages`.
 * @param root the folder of the repository
 */
export const findClients = (root) =>
  readdirSync(join(root, "plugins"))
    .filter((name) => existsSync(join(root, "plugins", name, "client/index.html")))
    .map((name) => {
      const folder = join(root, "plugins", name);
      return { name, sources: join(folder, "client"), files: join(folder, `${name}-pages`) };
    });

/** Those whose files are missing, or older than a source. */
export const findStaleClients = (root) => {
  const shared = Math.max(...SHARED_INPUTS.map((name) => newestChange(join(root, name))));
  return findClients(root).filter(({ sources, files }) => {
    const built = statSync(join(files, "index.html"), { throwIfNoEntry: false })?.mtimeMs ?? 0;
    return built < Math.max(shared, newestChange(sources));
  });
};

/** When a file, or anything in a folder, changed last, in ms. */
const newestChange = (path) => {
  const stats = statSync(path);
  // A folder changes when a file in it is created, renamed or deleted.
  if (!stats.isDirectory()) return stats.mtimeMs;
  return Math.max(stats.mtimeMs, ...readdirSync(path).map((name) => newestChange(join(path, name))));
};
