import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { readConfig } from "../../config/config.ts";
import { toLocationVariables } from "../../config/environment.ts";
import { subscriptions } from "../../config/listeners.ts";
import { bundleFunctions, type FunctionName } from "../../infra/bundle.ts";
import kintounConfig from "../../kintoun.config.ts";

/** Prints the files that a bundle loads, and the response of its handler to an event. */
const PROBE = `
  import { registerHooks } from "node:module";
  const loaded = [];
  registerHooks({ load: (url, context, next) => (loaded.push(url), next(url, context)) });
  const { handler } = await import(process.argv[1]);
  const files = loaded.filter((url) => url.startsWith("file:")).map((url) => url.split("/").at(-1));
  const response = process.argv[2] && (await handler(JSON.parse(process.argv[2]), JSON.parse(process.argv[3])).catch(String));
  console.log(JSON.stringify({ handler: typeof handler, files, response }));
`;
const AWS = {
  POWERTOOLS_SERVICE_NAME: "store",
  AWS_REGION: "eu-central-1",
  AWS_ACCESS_KEY_ID: "none",
  AWS_SECRET_ACCESS_KEY: "none",
};

const listeners = subscriptions(readConfig(kintounConfig)).map(({ name }) => name);

describe("bundleFunctions", () => {
  const outdir = mkdtempSync(join(tmpdir(), "kintoun-bundles-"));
  let folders: Record<FunctionName, string>;
  beforeAll(async () => {
    folders = await bundleFunctions(outdir);
  });
  afterAll(() => rmSync(outdir, { recursive: true }));

  interface RunOptions {
    readonly listener?: string;
    readonly event?: object;
    readonly context?: object;
    readonly plugins?: string;
  }
  const run = (
    name: FunctionName,
    { listener, event, context = {}, plugins = "basicauth,default-bucket,email" }: RunOptions,
  ) => {
    const env = {
      ...AWS,
      KINTOUN_PLUGINS: plugins,
      ...toLocationVariables({
        table: "none",
        queues: "https://sqs.eu-central-1.amazonaws.com/1/Kintoun-",
        ...(listener !== undefined && { listener }),
      }),
    };
    const { stdout, stderr } = spawnSync(
      process.execPath,
      [
        "--input-type=module",
        "-e",
        PROBE,
        join(folders[name], "main.mjs"),
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
      response?: { statusCode: number; body: string };
    };
  const lazyFiles = (files: readonly string[]) =>
    files
      .map((file) => file.split("-")[0])
      .filter((file) => ["smtp", "ses", "domain", "engine", "queue"].includes(file ?? ""));

  it.each(["api", "search", "dispatch"] as const)("bundles %s so that it exports a handler", (name) => {
    expect(probe(name).handler).toBe("function");
  });

  it.each(listeners.filter((name) => name !== "search-index"))(
    "bundles worker so that it exports a handler for the listener %s",
    (listener) => {
      expect(probe("worker", { listener }).handler).toBe("function");
    },
  );

  // The config that ships has no domain. It is refused when it is deployed like that.
  it.each<[name: FunctionName, listener: string | undefined]>([
    ["search", undefined],
    ["worker", "search-index"],
  ])("bundles %s so that it says that the search domain is missing", (name, listener) => {
    const { errors } = run(name, { plugins: "search", ...(listener !== undefined && { listener }) });

    expect(errors.join("\n")).toContain("plugins: search.domain is missing.");
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

  it("loads mailers and search clients only when they are used, and no queue client in api", () => {
    expect(lazyFiles(probe("api").files)).toEqual([]);
    expect(lazyFiles(probe("dispatch").files)).toEqual([]);
    expect(lazyFiles(probe("worker", { listener: "store-purge" }).files)).toEqual([]);
    expect(lazyFiles(probe("worker", { listener: "email-notify" }).files)).toEqual([]);
  });

  it.each<[name: FunctionName, kilobytes: number]>([
    ["api", 1180],
    ["search", 1100],
    ["dispatch", 730],
    ["worker", 1130],
  ])("lets %s load at most %i KB at its start", (name, kilobytes) => {
    const { files } = probe(name, name === "worker" ? { listener: "store-purge" } : {});
    const paths = readdirSync(folders[name], { recursive: true, withFileTypes: true });
    const loaded = paths.filter((path) => path.isFile() && files.includes(path.name));
    const bytes = loaded.reduce((sum, path) => sum + statSync(join(path.parentPath, path.name)).size, 0);

    expect(loaded.length).toBeGreaterThan(0);
    expect(Math.ceil(bytes / 1000)).toBeLessThanOrEqual(kilobytes);
  });

  it("is reproducible and removes chunks of earlier builds", async () => {
    const contents = () =>
      readdirSync(outdir, { recursive: true, withFileTypes: true })
        .filter((file) => file.isFile())
        .map(
          ({ parentPath, name }) =>
            `${name} ${createHash("sha256")
              .update(readFileSync(join(parentPath, name)))
              .digest("hex")}`,
        )
        .sort();
    const first = contents();
    await bundleFunctions(outdir);

    expect(contents()).toEqual(first);
  });
});
