import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import type { Named, Part, PartIssue, ShapeOf } from "./part.ts";

/**
 * Pages for browsers: files that a build has written, served as they are.
 * @example
 * const pages: PagesDefinition = {
 *   about: "Shows the weather.",
 *   files: new URL("./weather-pages/", import.meta.url),
 * };
 */
export interface PagesDefinition {
  /** One sentence. */
  readonly about: string;
  /**
   * The URL of the folder, beside the module that names it: `new URL("./weather-pages/", import.meta.url)`. A function in AWS
   * has it beside its code. `index.html` answers requests to the folder itself. A file `name.br` is `name` in Brotli.
   */
  readonly files: URL;
  /** The `Content-Security-Policy`; only scripts, styles, images and requests of the store itself when absent. */
  readonly contentSecurityPolicy?: string;
  /** Whether browsers that open `/` or `/v1/` are sent here. At most one plugin may have it. */
  readonly home?: boolean;
}

export interface PagesPart {
  /** By their path, such as `/weather`. */
  readonly pages?: Named<PagesDefinition>;
}

/** Pages as infrastructure and functions know them. */
export interface PagesManifest {
  /** Without the version prefix and without a slash at its end. */
  readonly path: string;
  readonly about: string;
  /** The absolute path of the folder. */
  readonly folder: string;
  readonly contentSecurityPolicy: string | undefined;
  readonly home: boolean;
}

/** Paths that the store itself has, or that each list has. */
const RESERVED = ["/buckets", "/batch", "/permissions", "/jobs", "/actions"];

export const pages: Part<readonly PagesManifest[]> = {
  kind: "object",
  shape: {
    about: "text!",
    files: "any",
    contentSecurityPolicy: "text",
    home: "flag",
  } satisfies ShapeOf<PagesDefinition>,
  resolve: (definition) =>
    Object.entries(definition.pages ?? {}).map(([path, { about, files, contentSecurityPolicy, home = false }]) => ({
      path,
      about,
      folder: toFolder(files),
      contentSecurityPolicy,
      home,
    })),
  check: ({ name, pages: own }, { plugins }) => {
    const others = plugins.filter((plugin) => plugin.name !== name).flatMap((plugin) => plugin.pages);
    return own.flatMap((one): PartIssue[] => {
      const path = `pages['${one.path}']`;
      const issues: PartIssue[] = [];
      if (!/^\/[a-z][a-z0-9-]{0,40}$/.test(one.path) || RESERVED.includes(one.path))
        issues.push({
          path,
          message: "must be '/' and 1 to 41 lower-case letters, digits and dashes, and is not a path of the store.",
        });
      if (one.folder === "")
        issues.push({
          path: `${path}.files`,
          message: 'must be a URL of a folder: new URL("./pages/", import.meta.url).',
        });
      if (others.some((other) => other.path === one.path))
        issues.push({ path, message: "is also the path of another plugin's pages. Remove one of the plugins." });
      if (others.some((other) => basename(other.folder) === basename(one.folder)))
        issues.push({
          path: `${path}.files`,
          message: "has the name of another plugin's folder. Give it another name.",
        });
      if (one.home && others.some((other) => other.home))
        issues.push({ path: `${path}.home`, message: "is also that of another plugin. Only one can have it." });
      return issues;
    });
  },
};

/** Returns the absolute path; "" if it is no URL of a folder. */
const toFolder = (files: unknown): string =>
  files instanceof URL && files.protocol === "file:" && files.pathname.endsWith("/")
    ? fileURLToPath(files).replace(/[\\/]$/, "")
    : "";
