import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { getMimeType } from "hono/utils/mime";
import { Failure } from "../../core/errors.ts";
import type { PagesManifest } from "../../kit/parts/pages.ts";
import { once } from "../../lib/util/once.ts";
import { negotiateEncoding } from "./compression.ts";
import type { RequestContext, Step } from "./pipeline.ts";
import { decodePathPart, type HttpRequest, JSON_TYPE, negotiateMediaType, PREFIX, publicOrigin } from "./request.ts";
import { addVary, type HttpResponse, httpResponse } from "./response.ts";
import { type HttpApp, methodNotAllowed } from "./routing.ts";

const HTML_TYPE = "text/html";
/** The paths at which browsers find the pages with `home`. */
const HOME_PATHS = ["", "/", PREFIX, `${PREFIX}/`];
/** Files here have a hash in their name, so that caches need not ask again. */
const HASHED_FOLDER = "assets/";
const COMPRESSED = ".br";
const ACCEPT_ENCODING = "Accept-Encoding";

const CONTENT_SECURITY_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; font-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

const SECURITY_HEADERS = {
  "X-Content-Type-Options": "nosniff",
  "X-Frame-Options": "DENY",
  "Referrer-Policy": "no-referrer",
  "Cross-Origin-Opener-Policy": "same-origin",
} as const;

/** Serves the pages of plugins, and sends browsers to those with `home`. `undefined` if no plugin has pages. */
export const pagesStep = <App extends HttpApp>(app: App): Step<App> | undefined => {
  const all = app.plugins.flatMap(({ pages }) => pages);
  if (all.length === 0) return undefined;
  const home = all.find((one) => one.home);
  const folders = new Map(all.map((one) => [`${PREFIX}${one.path}`, createFolder(one)]));
  return async (context: RequestContext<App>, next) => {
    const { request } = context;
    const { method, path } = request;
    if (home !== undefined && HOME_PATHS.includes(path))
      return addVary(prefersHtml(request) ? redirect(app, request, home.path) : await next(context), "Accept");
    const [, prefix = "", rest = ""] = /^(\/[^/]*\/[^/]*)(.*)$/.exec(path) ?? [];
    const folder = folders.get(prefix);
    if (folder === undefined) return next(context);
    if (method !== "GET" && method !== "HEAD") throw methodNotAllowed(app.settings, ["GET", "HEAD"]);
    if (rest === "") return redirect(app, request, prefix.slice(PREFIX.length));
    return folder(decodePathPart(rest.slice(1)), request);
  };
};

const prefersHtml = ({ method, headers }: HttpRequest): boolean =>
  (method === "GET" || method === "HEAD") && negotiateMediaType(headers.accept, [JSON_TYPE, HTML_TYPE]) === HTML_TYPE;

const redirect = ({ settings }: HttpApp, request: HttpRequest, path: string): HttpResponse =>
  httpResponse(302, null, {
    Location: `${publicOrigin(request, settings)}${PREFIX}${path}/`,
    "Cache-Control": "no-cache",
  });

interface PageFile {
  readonly type: string;
  readonly digest: string;
  readonly content: Buffer;
  /** In Brotli. */
  readonly compressed: Buffer | undefined;
}

/** Returns a function that answers with a file of a folder, as the folder is when it is first asked for. */
const createFolder = ({ path, folder, contentSecurityPolicy = CONTENT_SECURITY_POLICY }: PagesManifest) => {
  const readFiles = once(() => readFolder(folder, path));
  return async (requested: string, request: HttpRequest): Promise<HttpResponse> => {
    const name = requested === "" ? "index.html" : requested;
    const file = (await readFiles()).get(name);
    if (file === undefined) throw new Failure("MISSING_RESOURCE");
    const { type, digest, content, compressed } = file;
    const isCompressed =
      compressed !== undefined && negotiateEncoding(request.headers["accept-encoding"], ["br"]) !== undefined;
    // Each encoding is a representation of its own (RFC 9110, section 8.8.3.3).
    const etag = isCompressed ? `"${digest}-br"` : `"${digest}"`;
    const headers = {
      ...SECURITY_HEADERS,
      "Content-Security-Policy": contentSecurityPolicy,
      "Cache-Control": name.startsWith(HASHED_FOLDER) ? "public, max-age=31536000, immutable" : "no-cache",
      ETag: etag,
    };
    if (request.headers["if-none-match"]?.includes(etag))
      return addVary(httpResponse(304, null, headers), ACCEPT_ENCODING);
    const response = httpResponse(200, null, {
      ...headers,
      "Content-Type": type,
      ...(isCompressed && { "Content-Encoding": "br" }),
    });
    return addVary({ ...response, bytes: isCompressed ? compressed : content }, ACCEPT_ENCODING);
  };
};

/**
 * Reads all files by their names, with `/` between folders. They stay in memory: a page has few of them, and a build that
 * replaces them meanwhile mixes no versions.
 */
const readFolder = async (folder: string, path: string): Promise<ReadonlyMap<string, PageFile>> => {
  try {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    const contents = new Map(
      await Promise.all(
        entries
          .filter((entry) => entry.isFile())
          .map(async ({ parentPath, name }) => {
            const file = join(parentPath, name);
            return [relative(folder, file).replaceAll(sep, "/"), await readFile(file)] as const;
          }),
      ),
    );
    const names = [...contents].filter(([name]) => !name.endsWith(COMPRESSED));
    return new Map(
      names.map(([name, content]) => [name, toPageFile(name, content, contents.get(`${name}${COMPRESSED}`))]),
    );
  } catch (cause) {
    throw new Error(`The files of the pages at ${path} cannot be read. Build them with: npm run build:pages`, {
      cause,
    });
  }
};

const toPageFile = (name: string, content: Buffer, compressed: Buffer | undefined): PageFile => {
  const type = getMimeType(name) ?? "application/octet-stream";
  return {
    type: /^text\/|^image\/svg/.test(type) && !type.includes("charset") ? `${type}; charset=utf-8` : type,
    digest: createHash("sha256").update(content).digest("base64url").slice(0, 22),
    content,
    compressed,
  };
};
