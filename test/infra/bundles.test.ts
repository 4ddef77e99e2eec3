import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { readConfig } from "../../config/config.ts";
import { readOverrides } from "../../config/environment.ts";
import { subscriptions } from "../../config/listeners.ts";
import { toLocationVariables } from "../../config/store-location.ts";
import { BUILT_IN_PLUGINS, bundleFunctions, type FunctionName } from "../../infra/bundle.ts";
import kintounConfig from "../../kintoun.config.ts";

const MANY = "admin,attachments,basicauth,default-bucket,email,ndjson,openid";

/** Prints the files that a bundle loads, and the response of its handler to an event. */
const PROBE = `
  import { registerHooks } from "node:module";
  const loaded = [];
  registerHooks({ load: (url, context, next) => (loaded.push(url), next(url, context)) });
  const { handler } = await import(process.argv[1]);
  const files = loaded.filter((url) => url.startsWith("file:")).map((url) => url.split("/").at(-1));
  const response = process.argv[2] && (await handler(JSON.parse(process.argv[2]), JSON.parse(process.argv[3])).catch(String));
  console.log(JSON.stringify({ handler: typeof handler, files, builtins: process.moduleLoadList, response }));
`;
const AWS = {
  POWERTOOLS_SERVICE_NAME: "store",
  AWS_REGION: "eu-central-1",
  AWS_ACCESS_KEY_ID: "none",
  AWS_SECRET_ACCESS_KEY: "none",
};

/** The text of all files of a bundle. */
const readAll = (folder: string): string =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((file) => file.isFile())
    .map(({ parentPath, name }) => readFileSync(join(parentPath, name), "utf8"))
    .join("\n");

const LISTENERS = subscriptions(readConfig(kintounConfig)).map(({ name }) => name);

describe("bundleFunctions", () => {
  const outdir = mkdtempSync(join(tmpdir(), "kintoun-bundles-"));
  const bundle = (plugins: string | undefined, folder: string) =>
    bundleFunctions(
      join(outdir, folder),
      readConfig(kintounConfig, readOverrides({ KINTOUN_PLUGINS: plugins }), { isDeployed: true }),
    );
  /** By the active plugins; `shipped` are those of the config that ships. */
  let bundles: Record<"shipped" | "search" | typeof MANY, Record<FunctionName, string>>;
  beforeAll(async () => {
    bundles = {
      shipped: await bundle(undefined, "shipped"),
      search: await bundle("search", "search"),
      [MANY]: await bundle(MANY, "many"),
    };
  });
  afterAll(() => rmSync(outdir, { recursive: true }));

  interface RunOptions {
    readonly listener?: string;
    readonly event?: object;
    readonly context?: object;
    readonly plugins?: keyof typeof bundles;
  }
  const run = (name: FunctionName, { listener, event, context = {}, plugins = MANY }: RunOptions) => {
    const env = {
      ...AWS,
      ...toLocationVariables({
        table: "none",
        queues: "https://sqs.eu-central-1.amazonaws.com/1/Kintoun-",
        files: { attachments: "files" },
        ...(listener !== undefined && { listener }),
      }),
    };
    const { stdout, stderr } = spawnSync(
      process.execPath,
      [
        "--input-type=module",
        "-e",
        PROBE,
        join(bundles[plugins][name], "main.mjs"),
        ...(event ? [JSON.stringify(event), JSON.stringify(context)] : []),
      ],
      { env, encoding: "utf8" },
    );
    return { lastLine: stdout.trimEnd().split("\n").at(-1) ?? "", errors: stderr.split("\n") };
  };
  const probe = (name: FunctionName, options: RunOptions = {}) =>
    JSON.parse(run(name, options).lastLine) as {
      handler: string;
      files: string[];
      builtins: string[];
      response?: { statusCode: number; body: string };
    };
  const lazyFiles = (files: readonly string[]) =>
    files
      .map((file) => file.split("-")[0])
      .filter((file) => ["smtp", "ses", "domain", "engine", "queue", "protocol"].includes(file ?? ""));

  it.each(["api", "search", "dispatch"] as const)("bundles %s so that it exports a handler", (name) => {
    expect(probe(name).handler).toBe("function");
  });

  it.each(LISTENERS.filter((name) => name !== "search-index"))(
    "bundles worker so that it exports a handler for the listener %s",
    (listener) => {
      expect(probe("worker", { listener }).handler).toBe("function");
    },
  );

  it.each<[name: FunctionName, listener: string | undefined]>([
    ["search", undefined],
    ["worker", "search-index"],
  ])("bundles %s so that it exports a handler that searches without a domain", (name, listener) => {
    expect(run(name, { plugins: "search", ...(listener !== undefined && { listener }) }).errors.join("")).toBe("");
  });

  it.each<FunctionName>(["api", "search", "worker"])("bundles the thread of the search index with %s", async (name) => {
    const [chunk] = readdirSync(join(bundles.search[name], "chunks")).filter((file) => file === "search-thread.mjs");
    const folder = join(outdir, `indexes-${name}`);
    const thread = new Worker(join(bundles.search[name], "chunks", String(chunk)), {
      workerData: { folder, maxBytes: Number.POSITIVE_INFINITY, timeoutMs: 1000 },
    });
    expect(await once(thread, "message")).toEqual(["ready"]);
    const definition = { language: "en", nested: [], excluded: [], hash: "h" };
    thread.postMessage({ call: "locate", index: { file: "g.h.sqlite", generation: "g", definition } });
    const [reply] = await once(thread, "message");
    await thread.terminate();

    expect(reply).toEqual({ position: { timestamp: 0 } });
  });

  it("bundles api so that it answers requests", () => {
    const event = {
      version: "2.0",
      rawPath: "/v1/",
      rawQueryString: "",
      headers: { host: "localhost" },
      requestContext: { http: { method: "GET", path: "/v1/" }, domainName: "localhost" },
      isBase64Encoded: false,
    };
    const { response } = probe("api", { event });

    expect(response?.statusCode).toBe(200);
    expect(JSON.parse(response?.body ?? "")).toMatchObject({ http_api_version: expect.any(String) });
  });

  it("bundles dispatch so that it logs JSON lines with the request id of the invocation", () => {
    const event = {
      Records: [{ dynamodb: { SequenceNumber: "7", NewImage: { pk: { S: "/buckets" }, sk: { S: "b" } } } }],
    };
    const [error = ""] = run("dispatch", { event, context: { awsRequestId: "call-1" } }).errors;

    expect(JSON.parse(error)).toMatchObject({
      level: "ERROR",
      message: "A stream record could not be read; it is dead-lettered",
      service: "store",
      function_request_id: "call-1",
      sequence_number: "7",
      error: { stack: expect.any(String) },
    });
  });

  it("loads mailers, search clients and OpenID Connect only when they are used, and no queue client in api", () => {
    expect(lazyFiles(probe("api").files)).toEqual([]);
    expect(lazyFiles(probe("dispatch").files)).toEqual([]);
    expect(lazyFiles(probe("worker", { listener: "store-purge" }).files)).toEqual([]);
    expect(lazyFiles(probe("worker", { listener: "email-notify" }).files)).toEqual([]);
  });

  // Zod, 300 KB, checks the options of `accounts`, which log users in.
  it.each<[name: FunctionName, shipped: number, many: number]>([
    ["api", 740, 785],
    ["search", 665, 710],
    ["dispatch", 84, 84],
    ["worker", 635, 670],
  ])("lets %s load at most %i KB at its start, and %i KB with more plugins", (name, ...limits) => {
    const sizes = (["shipped", MANY] as const).map((plugins) => {
      const { files } = probe(name, { plugins, ...(name === "worker" && { listener: "store-purge" }) });
      const paths = readdirSync(bundles[plugins][name], { recursive: true, withFileTypes: true });
      const loaded = paths.filter((path) => path.isFile() && files.includes(path.name));
      return loaded.reduce((sum, path) => sum + statSync(join(path.parentPath, path.name)).size, 0) / 1000;
    });

    for (const [index, size] of sizes.entries()) {
      expect(size).toBeGreaterThan(50);
      expect(size).toBeLessThanOrEqual(limits[index] ?? 0);
    }
  });

  it("loads no undici, which takes a third of a start", () => {
    const { builtins } = probe("api");

    expect(builtins).toContain("NativeModule _http_client");
    expect(builtins.filter((name) => name.includes("undici"))).toEqual([]);
  });

  it("knows the plugins of this repository", async () => {
    const { plugins, local = [], optional = [] } = kintounConfig;
    const folders = readdirSync(join(import.meta.dirname, "../../plugins"));

    expect(BUILT_IN_PLUGINS).toEqual(folders.toSorted());
    const listed = new Set([...plugins, ...local, ...optional].map(({ definitionName }) => definitionName));
    expect([...listed].toSorted()).toEqual(BUILT_IN_PLUGINS);
    for (const folder of folders) {
      const exported: object = await import(`../../plugins/${folder}/index.ts`);
      for (const value of Object.values(exported)) expect(value).toBeInstanceOf(Function);
    }
  });

  it("omits the code of inactive plugins, and keeps that of active ones", () => {
    const texts = ["Posts signed changes", "Sends mail"].map((about) => [
      readAll(bundles.shipped.worker).includes(about),
      readAll(bundles[MANY].worker).includes(about),
    ]);

    expect(texts).toEqual([
      [false, false],
      [false, true],
    ]);
  });

  it("bundles the library of thumbnails with workers only", () => {
    const hasDecoder = (name: FunctionName) => readAll(bundles[MANY][name]).includes("Invalid GIF 87a/89a header.");

    expect([hasDecoder("worker"), hasDecoder("api"), hasDecoder("search")]).toEqual([true, false, false]);
  });

  it("has the pages of plugins beside the code of api only", () => {
    const hasPages = (name: FunctionName) =>
      readdirSync(bundles[MANY][name], { recursive: true, encoding: "utf8" }).some((file) =>
        file.endsWith(join("admin-pages", "index.html")),
      );
    expect([hasPages("api"), hasPages("search"), hasPages("worker")]).toEqual([true, false, false]);

    const event = {
      version: "2.0",
      rawPath: "/v1/admin/",
      rawQueryString: "",
      headers: { "accept-encoding": "br" },
      requestContext: { http: { method: "GET", path: "/v1/admin/", sourceIp: "192.0.2.1" } },
      isBase64Encoded: false,
    };
    const { response } = probe("api", { event });
    expect(response).toMatchObject({ statusCode: 200, headers: { "Content-Type": "text/html; charset=utf-8" } });
  });

  it("is reproducible and removes chunks of earlier builds", async () => {
    const contents = () =>
      readdirSync(join(outdir, "shipped"), { recursive: true, withFileTypes: true })
        .filter((file) => file.isFile())
        .map(
          ({ parentPath, name }) =>
            `${name} ${createHash("sha256")
              .update(readFileSync(join(parentPath, name)))
              .digest("hex")}`,
        )
        .sort();
    const first = contents();
    await bundle(undefined, "shipped");

    expect(contents()).toEqual(first);
  });
});
