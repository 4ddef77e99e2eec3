import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type IncomingMessage, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { brotliCompressSync, brotliDecompressSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { definePlugin } from "@kintoun/kit";
import { readConfig } from "../../config/config.ts";
import { startStore, type TestStore } from "../start-store.ts";

const PNG = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0xff, 0x00]);
const SCRIPT = "document.title = 'Weather';\n".repeat(100);
const BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8";

const folder = mkdtempSync(join(tmpdir(), "kintoun-test-"));
mkdirSync(join(folder, "weather-pages/assets"), { recursive: true });
writeFileSync(join(folder, "secret.txt"), "secret");
const files = {
  "index.html": "<!doctype html><title>Weather</title>",
  "sun.png": PNG,
  "assets/main-a1b2c3d4.js": SCRIPT,
};
for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, "weather-pages", name), content);
writeFileSync(join(folder, "weather-pages/assets/main-a1b2c3d4.js.br"), brotliCompressSync(SCRIPT));

const definePages = (name: string, path: `/${string}`, url: string, home = true) =>
  definePlugin({
    name,
    about: "Shows the weather.",
    pages: { [path]: { about: "Shows the weather.", files: new URL(url, pathToFileURL(`${folder}/`)), home } },
  });
const weather = definePages("weather", "/weather", "./weather-pages/");

let store: TestStore;
beforeAll(async () => {
  store = await startStore({ plugins: [weather()] });
});
afterAll(async () => {
  await store.close();
  rmSync(folder, { recursive: true });
});

const get = (path: string, headers: Record<string, string> = {}, method = "GET") =>
  fetch(`${new URL(store.url).origin}${path}`, { method, headers, redirect: "manual" });

/** Sends the path as it is, and reads the bytes as they are. */
const getRaw = async (path: string, headers: Record<string, string> = {}) => {
  const { port } = new URL(store.url);
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    request({ port, path, headers }, resolve).on("error", reject).end();
  });
  return { status: response.statusCode, headers: response.headers, body: Buffer.concat(await response.toArray()) };
};

describe("pages of a plugin", () => {
  it("are files with their media types, for browsers and others", async () => {
    for (const accept of [BROWSER, "*/*", "image/png", "text/html"]) {
      const page = await get("/v1/weather/", { accept });
      expect([page.status, await page.text()]).toEqual([200, files["index.html"]]);
      expect(page.headers.get("content-type")).toBe("text/html; charset=utf-8");
    }
    const image = await get("/v1/weather/sun.png");
    expect(image.headers.get("content-type")).toBe("image/png");
    expect(Buffer.from(await image.arrayBuffer())).toEqual(PNG);
    const head = await get("/v1/weather/sun.png", {}, "HEAD");
    expect([head.status, head.headers.get("content-type"), await head.text()]).toEqual([200, "image/png", ""]);
  });

  it("run only their own scripts, and in no frame", async () => {
    const { headers } = await get("/v1/weather/");
    expect(headers.get("content-security-policy")).toMatch(
      /^default-src 'none'; script-src 'self';.* frame-ancestors 'none'/,
    );
    expect([headers.get("x-frame-options"), headers.get("x-content-type-options")]).toEqual(["DENY", "nosniff"]);
  });

  it("are sent in Brotli if it was made and is accepted", async () => {
    const path = "/v1/weather/assets/main-a1b2c3d4.js";
    for (const [accept, encoding] of [
      ["br", "br"],
      ["gzip;q=1, br;q=0.5", "br"],
      ["gzip", undefined],
      ["br;q=0", undefined],
    ] as const) {
      const { status, headers, body } = await getRaw(path, { "accept-encoding": accept });
      expect([status, headers["content-encoding"], headers.vary]).toEqual([200, encoding, "Accept-Encoding"]);
      expect(String(encoding === "br" ? brotliDecompressSync(body) : body)).toBe(SCRIPT);
    }
  });

  it("are kept by browsers: names with a hash for good, others until they change", async () => {
    const script = await get("/v1/weather/assets/main-a1b2c3d4.js");
    expect(script.headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
    const page = await get("/v1/weather/");
    expect(page.headers.get("cache-control")).toBe("no-cache");
    const again = await get("/v1/weather/", { "if-none-match": page.headers.get("etag") ?? "" });
    expect([again.status, await again.text()]).toEqual([304, ""]);
    const etagOf = async (encoding: string) =>
      (await getRaw("/v1/weather/assets/main-a1b2c3d4.js", { "accept-encoding": encoding })).headers.etag;
    expect(await etagOf("br")).not.toBe(await etagOf("gzip"));
  });

  it.each([
    "/v1/weather/none",
    "/v1/weather/assets",
    "/v1/weather/assets/",
    "/v1/weather/assets/main-a1b2c3d4.js.br",
    "/v1/weather/../secret.txt",
    "/v1/weather/..%2F%73%65cret.txt",
    "/v1/weather/%2e%2e/secret.txt",
    "/v1/weather/..%5C%73%65cret.txt",
    "/v1/weather//etc/passwd",
    "/v1/weather/%00",
    "/v1/weather/%",
    "/v1/weather/index.html/",
    "/v1/weather/./index.html",
    "/v1/weather/__proto__",
    "/v1/weather/assets/../../secret.txt",
  ])("%s is no file", async (path) => {
    const { status, body } = await getRaw(path);
    expect(status).not.toBe(200);
    expect(String(body)).not.toContain("secret\n");
  });

  it("refuse other methods, and end with a slash", async () => {
    const refused = await get("/v1/weather/", {}, "POST");
    expect([refused.status, refused.headers.get("allow")]).toEqual([405, "GET, HEAD, OPTIONS"]);
    const redirect = await get("/v1/weather");
    expect([redirect.status, redirect.headers.get("location")]).toEqual([302, `${store.url}/weather/`]);
  });

  it("are the home of browsers, and of no other client", async () => {
    for (const path of ["/", "/v1", "/v1/"]) {
      const home = await get(path, { accept: BROWSER });
      expect([home.status, home.headers.get("location")]).toEqual([302, `${store.url}/weather/`]);
      expect(home.headers.get("vary")).toContain("Accept");
    }
    for (const accept of ["*/*", "application/json", "application/json, text/html;q=0.9"]) {
      const hello = await get("/v1/", { accept });
      expect([hello.status, hello.headers.get("vary")]).toEqual([200, expect.stringContaining("Accept")]);
      expect(await hello.json()).toMatchObject({ http_api_version: "1.23" });
    }
  });

  it("are in no OpenAPI document, and in no batch", async () => {
    expect(Object.keys((await store.get("/__api__")).body.paths).join()).not.toContain("weather");
    const { body } = await store.post("/batch", { requests: [{ method: "GET", path: "/weather/" }] });
    expect(body.responses[0].status).not.toBe(200);
  });

  it.each([
    ["/Weather", "./weather-pages/", "'/' and 1 to 41 lower-case letters"],
    ["/buckets", "./weather-pages/", "is not a path of the store"],
    ["/weather", "./weather-pages", "must be a URL of a folder"],
    ["/weather", "https://example.org/pages/", "must be a URL of a folder"],
  ] as const)("are refused at %s with %s", async (path, url, message) => {
    const plugins = [definePages("other", path, url)()];
    await expect((async () => readConfig({ plugins }))()).rejects.toThrow(message);
  });

  it("have a path, a folder and a home that no other plugin has", async () => {
    const plugins = [weather(), definePages("other", "/weather", "./weather-pages/")()];
    await expect((async () => readConfig({ plugins }))()).rejects.toThrow(
      /also the path of another plugin's pages[\s\S]*name of another plugin's folder[\s\S]*Only one can have it/,
    );
  });
});
