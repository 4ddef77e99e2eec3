import { Session } from "node:inspector/promises";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { readConfig } from "../config/config.ts";
import { FUNCTIONS } from "../config/functions.ts";
import { createJsonLog } from "../core/ports/log.ts";
import { apiHandler, createApi } from "../functions/api/app.ts";
import type { HttpHandler } from "../functions/http/pipeline.ts";
import { createSearch, searchHandler } from "../functions/search/app.ts";
import { LAMBDA_BUILD_OPTIONS } from "../infra/bundle.ts";
import { startCloud } from "../local/cloud.ts";
import { basicauth } from "../plugins/basicauth/index.ts";
import { search } from "../plugins/search/index.ts";

// npm run bench:files -- [--list]   Source files that run code during one request, and source files that each function loads at start.
// The embedded cloud (local/) and the test kit (testing/) are not counted. With --list, the files are named.

const ROOT = join(import.meta.dirname, "..");
const SKIPPED = ["node_modules", "local", "testing", "test", "bench"];
/** Requests before the measured one. */
const WARM_UP_REQUESTS = 5;
/** Each request is measured this often; the smallest set counts, as pollers of the embedded cloud run meanwhile. */
const RUNS = 5;
const AUTHORIZATION = `Basic ${Buffer.from("alice:secret").toString("base64")}`;
const COLLECTION = "/v1/buckets/bench/collections/files";

interface BenchRequest {
  readonly method: string;
  readonly path: string;
  readonly body?: unknown;
}

const send = async (handler: HttpHandler, { method, path, body }: BenchRequest): Promise<void> => {
  const event = {
    rawPath: path,
    rawQueryString: "",
    headers: { host: "localhost", authorization: AUTHORIZATION, "content-type": "application/json" },
    requestContext: { requestId: "bench", http: { method } },
    ...(body !== undefined && { body: JSON.stringify(body) }),
    isBase64Encoded: false,
  } as unknown as Parameters<HttpHandler>[0];
  const { statusCode = 500, body: response } = await handler(event);
  if (statusCode >= 300) throw new Error(`${method} ${path} returned ${statusCode}: ${response}`);
};

/** The source file of a script; `undefined` for code that is not counted. */
const sourceFile = (url: string): string | undefined => {
  if (!url.startsWith("file:")) return undefined;
  const file = relative(ROOT, fileURLToPath(url));
  return file.startsWith("..") || SKIPPED.includes(file.split("/")[0] ?? "") ? undefined : file;
};

/** Counts the files with at least one function executed while `run` runs. */
const coverage = async () => {
  const session = new Session();
  session.connect();
  await session.post("Profiler.enable");
  await session.post("Profiler.startPreciseCoverage", { callCount: true, detailed: false });
  return async (run: () => Promise<void>): Promise<readonly string[]> => {
    let smallest: readonly string[] | undefined;
    for (let i = 0; i < RUNS; i++) {
      await session.post("Profiler.takePreciseCoverage");
      await run();
      const { result } = await session.post("Profiler.takePreciseCoverage");
      const files = result.flatMap(({ url, functions }) => {
        const file = sourceFile(url);
        const ran = functions.some(({ ranges }) => (ranges[0]?.count ?? 0) > 0);
        return file !== undefined && ran ? [file] : [];
      });
      if (smallest === undefined || files.length < smallest.length) smallest = [...new Set(files)].toSorted();
    }
    return smallest ?? [];
  };
};

const folderOf = (file: string): string => file.split("/")[0] ?? "";

const countByFolder = (files: readonly string[]): string =>
  Object.entries(Object.groupBy(files, folderOf))
    .map(([folder, inFolder]) => `${folder} ${inFolder?.length}`)
    .join(", ");

/** Source files that an entry of a bundle loads at start: its imports, without those that are deferred by `import()`. */
const modulesAtStart = async (entry: string): Promise<readonly string[]> => {
  const { metafile } = await build({
    ...LAMBDA_BUILD_OPTIONS,
    absWorkingDir: ROOT,
    entryPoints: { main: entry },
    outdir: "unused",
    write: false,
    metafile: true,
  });
  const loaded = new Set<string>();
  const load = (file: string): void => {
    if (loaded.has(file)) return;
    loaded.add(file);
    for (const { path, kind } of metafile.inputs[file]?.imports ?? [])
      if (kind === "import-statement" && metafile.inputs[path] !== undefined) load(path);
  };
  load(entry);
  return [...loaded].filter((file) => !file.startsWith("node_modules/"));
};

const cloud = await startCloud({
  config: readConfig({ plugins: [basicauth(), search()] }, {}),
  port: 0,
  log: createJsonLog(() => undefined),
});
const [api, searching] = [await createApi(cloud.options), await createSearch(cloud.options)];
const [answerApi, answerSearch] = [apiHandler(api), searchHandler(searching)];

for (const path of ["/v1/buckets/bench", COLLECTION]) await send(answerApi, { method: "PUT", path, body: {} });
const record = `${COLLECTION}/records/r1`;
const put = (): Promise<void> =>
  send(answerApi, { method: "PUT", path: record, body: { data: { title: "Files per request", n: Math.random() } } });
const get = (): Promise<void> => send(answerApi, { method: "GET", path: record });
const find = (): Promise<void> =>
  send(answerSearch, {
    method: "POST",
    path: `${COLLECTION}/search`,
    body: { query: { match: { title: "files" } } },
  });

await put();
const measure = await coverage();
const list = process.argv.includes("--list");
for (const [name, run] of Object.entries({ "GET a record": get, "PUT a record": put, "POST search": find })) {
  for (let i = 0; i < WARM_UP_REQUESTS; i++) await run();
  await cloud.drain();
  const files = await measure(run);
  console.log(`${name.padEnd(16)} ${String(files.length).padStart(4)} files   ${countByFolder(files)}`);
  if (list) console.log(files.map((file) => `    ${file}`).join("\n"));
}
await Promise.all([api.close(), searching.close()]);
await cloud.close();

for (const name of Object.keys(FUNCTIONS)) {
  const files = await modulesAtStart(`functions/${name}/main.ts`);
  console.log(`${`start of ${name}`.padEnd(16)} ${String(files.length).padStart(4)} files   ${countByFolder(files)}`);
}
process.exit(0);
