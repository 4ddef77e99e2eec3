import { request } from "node:http";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { definePlugin } from "../../kit/index.ts";
import { basicauth } from "../../plugins/basicauth/index.ts";
import { search } from "../../plugins/search/index.ts";
import { startStore, type TestStore } from "../start-store.ts";

const RECORDS = "/buckets/b/collections/c/records";
const AUTHORIZATION = `Basic ${Buffer.from("alice:secret").toString("base64")}`;

const csv = definePlugin({
  name: "csv",
  about: "Renders text.",
  renderers: { csv: { about: "Renders text.", types: ["text/csv"], render: ({ body }) => JSON.stringify(body) } },
});

let store: TestStore;
beforeAll(async () => {
  store = await startStore({ plugins: [basicauth(), search({ domain: "none" }), csv()] });
  await store.put("/buckets/b");
  await store.put("/buckets/b/collections/c");
  for (let i = 0; i < 30; i++) await store.put(`${RECORDS}/r${i}`, { data: { text: `a record with the number ${i}` } });
  await store.drain();
});
afterAll(() => store.close());

interface Answer {
  readonly status: number | undefined;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly bytes: Buffer;
}

/** Sends a request without fetch, which decompresses. */
const send = (path: string, headers: Record<string, string> = {}, method = "GET", body = ""): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const type = body === "" ? {} : { "content-type": "application/json", "content-length": String(body.length) };
    request(
      `${store.url}${path}`,
      { method, headers: { authorization: AUTHORIZATION, ...type, ...headers } },
      async (response) => {
        const bytes = Buffer.concat(await response.toArray());
        resolve({ status: response.statusCode, headers: response.headers, bytes });
      },
    )
      .once("error", reject)
      .end(body);
  });

describe("a compressed response", () => {
  it.each([
    ["a list", RECORDS, "GET", "", {}],
    ["a search", "/buckets/b/collections/c/search", "POST", '{"size":30}', {}],
    ["a rendered list", RECORDS, "GET", "", { accept: "text/csv" }],
    [
      "a batch",
      "/batch",
      "POST",
      JSON.stringify({ requests: [{ path: RECORDS, headers: { "Accept-Encoding": "gzip" } }] }),
      {},
    ],
    ["the OpenAPI document", "/__api__", "GET", "", {}],
  ])("of %s has the same content as an uncompressed one", async (_, path, method, body, headers) => {
    const [plain, br, gzip] = await Promise.all(
      ["identity", "br", "gzip"].map((encoding) =>
        send(path, { ...headers, "accept-encoding": encoding }, method, body),
      ),
    );
    if (plain === undefined || br === undefined || gzip === undefined) throw new Error("no answer");
    const text = (bytes: Buffer) => bytes.toString("utf8").replace(/"took":\d+/, '"took":0');

    expect(plain.bytes.length).toBeGreaterThan(1024);
    expect([plain.headers["content-encoding"], plain.headers.etag]).toEqual([undefined, br.headers.etag]);
    for (const [answer, encoding] of [
      [br, "br"],
      [gzip, "gzip"],
    ] as const) {
      expect(answer.status).toBe(plain.status);
      expect(answer.headers["content-encoding"]).toBe(encoding);
      expect(answer.headers.vary).toBe("Accept, Accept-Encoding");
      expect(answer.headers["content-length"]).toBe(String(answer.bytes.length));
      expect(answer.bytes.length).toBeLessThan(plain.bytes.length / 2);
    }
    expect(text(brotliDecompressSync(br.bytes))).toBe(text(plain.bytes));
    expect(text(gunzipSync(gzip.bytes))).toBe(text(plain.bytes));
  });

  it("has the entity tag that conditions compare with", async () => {
    const { headers } = await send(RECORDS, { "accept-encoding": "br" });
    const etag = String(headers.etag);
    expect(etag).toMatch(/^"\d+"$/);

    for (const condition of [etag, `W/${etag}`]) {
      const unchanged = await send(RECORDS, { "accept-encoding": "gzip", "if-none-match": condition });
      expect([unchanged.status, unchanged.bytes.length, unchanged.headers.etag, unchanged.headers.vary]).toEqual([
        304,
        0,
        etag,
        "Accept, Accept-Encoding",
      ]);
      expect(unchanged.headers["content-encoding"]).toBeUndefined();
    }
    const written = await send(RECORDS, { "if-match": etag, "accept-encoding": "br" }, "POST", '{"data":{}}');
    expect(written.status).toBe(201);
  });

  it("is not sent to HEAD, preflight and short answers, nor to clients that accept none", async () => {
    const all = { "accept-encoding": "br, gzip" };
    const preflight = { origin: "https://app.example", "access-control-request-method": "GET" };
    for (const answer of [
      await send(RECORDS, all, "HEAD"),
      await send(RECORDS, { ...all, ...preflight }, "OPTIONS"),
      await send(`${RECORDS}/r1`, all),
      await send(RECORDS),
      await send(RECORDS, { "accept-encoding": "br;q=0, gzip;q=0" }),
    ])
      expect([answer.status, answer.headers["content-encoding"]]).toEqual([200, undefined]);
  });

  it("of an error has its CORS headers", async () => {
    const path = `/buckets/b/collections/c/records?_sort=${"x".repeat(1500)}`;
    const error = await send(path, { "accept-encoding": "gzip", origin: "https://app.example" }, "POST", "{");
    expect([error.status, error.headers["access-control-allow-origin"]]).toEqual([400, "*"]);
  });
});
