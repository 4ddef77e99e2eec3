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

// npm run bench:files -- [--list]
// Counts the source files that run code during one request, and those that each function loads at start.
// The embedded cloud (local/) and the test kit (testing/) are not counted. --list prints the files.

const ROOT = join(import.meta.dirname, "..");
const EXCLUDED_FOLDERS = ["node_modules", "local", "testing", "test", "bench"];
/** Unmeasured requests before the measured ones. */
const WARM_UP_REQUESTS = 5;
/** Measurements per request. The smallest set of files counts, because pollers of the embedded cloud also run code. */
const RUN_COUNT = 5;
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

/** Returns the source file of a script, or `undefined` for code that is not counted. */
const findSourceFile = (url: string): string | undefined => {
  if (!url.startsWith("file:")) return undefined;
  const file = relative(ROOT, fileURLToPath(url));
  return file.startsWith("..") || EXCLUDED_FOLDERS.includes(file.split("/")[0] ?? "") ? undefined : file;
};

/** Starts the profiler. @returns a function that runs `run` and returns the files of which it executed a function */
const startCoverage = async () => {
  const session = new Session();
  session.connect();
  await session.post("Profiler.enable");
  await session.post("Profiler.startPreciseCoverage", { callCount: true, detailed: false });
  return async (run: () => Promise<void>): Promise<readonly string[]> => {
    let smallest: readonly string[] | undefined;
    for (let i = 0; i < RUN_COUNT; i++) {
      await session.post("Profiler.takePreciseCoverage");
      await run();
      const { result } = await session.post("Profiler.takePreciseCoverage");
      const files = result.flatMap(({ url, functions }) => {
        const file = findSourceFile(url);
        const ran = functions.some(({ ranges }) => (ranges[0]?.count ?? 0) > 0);
        return file !== undefined && ran ? [file] : [];
      });
      if (smallest === undefined || files.length < smallest.length) smallest = [...new Set(files)].toSorted();
    }
    return smallest ?? [];
  };
};

const topFolder = (file: string): string => file.split("/")[0] ?? "";

const countByFolder = (files: readonly string[]): string =>
  Object.entries(Object.groupBy(files, topFolder))
    .map(([folder, inFolder]) => `${folder} ${inFolder?.length}`)
    .join(", ");

/** Returns the source files that a bundle's entry loads at start: its static imports, without dynamic `import()`. */
const listModulesAtStart = async (entry: string): Promise<readonly string[]> => {
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
  return [...loaded].filter((file) => !/^(?:node_modules\/|require:)/.test(file));
};

const cloud = await startCloud({
  config: readConfig({ plugins: [basicauth(), search()] }, {}),
  port: 0,
  log: createJsonLog(() => undefined),
});
const [api, searchApp] = [await createApi(cloud.options), await createSearch(cloud.options)];
const [handleApi, handleSearch] = [apiHandler(api), searchHandler(searchApp)];

for (const path of ["/v1/buckets/bench", COLLECTION]) await send(handleApi, { method: "PUT", path, body: {} });
const record = `${COLLECTION}/records/r1`;
const putRecord = (): Promise<void> =>
  send(handleApi, { method: "PUT", path: record, body: { data: { title: "Files per request", n: Math.random() } } });
const getRecord = (): Promise<void> => send(handleApi, { method: "GET", path: record });
const searchRecords = (): Promise<void> =>
  send(handleSearch, {
    method: "POST",
    path: `${COLLECTION}/search`,
    body: { query: { match: { title: "files" } } },
  });

await putRecord();
const measure = await startCoverage();
const list = process.argv.includes("--list");
for (const [name, run] of Object.entries({
  "GET a record": getRecord,
  "PUT a record": putRecord,
  "POST search": searchRecords,
})) {
  for (let i = 0; i < WARM_UP_REQUESTS; i++) await run();
  await cloud.drain();
  const files = await measure(run);
  console.log(`${name.padEnd(16)} ${String(files.length).padStart(4)} files   ${countByFolder(files)}`);
  if (list) console.log(files.map((file) => `    ${file}`).join("\n"));
}
await Promise.all([api.close(), searchApp.close()]);
await cloud.close();

for (const name of Object.keys(FUNCTIONS)) {
  const files = await listModulesAtStart(`functions/${name}/main.ts`);
  console.log(`${`start of ${name}`.padEnd(16)} ${String(files.length).padStart(4)} files   ${countByFolder(files)}`);
}
process.exit(0);
