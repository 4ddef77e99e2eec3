import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { describe, expect, it } from "@jest/globals";
import { compressResponse, negotiateEncoding, requireFittingResponse } from "../../../functions/http/compression.ts";
import type { HttpRequest } from "../../../functions/http/request.ts";
import { httpResponse } from "../../../functions/http/response.ts";

describe("negotiateEncoding", () => {
  it.each<[accept: string | undefined, encoding: string | undefined]>([
    [undefined, undefined],
    ["", undefined],
    ["identity", undefined],
    ["deflate, zstd", undefined],
    ["gzip", "gzip"],
    ["GZIP", "gzip"],
    ["br", "br"],
    ["gzip, deflate, br, zstd", "br"],
    ["gzip;q=1.0, br;q=0.9", "gzip"],
    ["gzip;q=0.5, br;q=0.5", "br"],
    ["br;q=0, gzip", "gzip"],
    ["br;q=0, gzip;q=0", undefined],
    ["*", "br"],
    ["*;q=0.5, br;q=0.1", "gzip"],
    ["*;q=0", undefined],
    ["br;q=0, *", "gzip"],
    ["identity;q=0.5, gzip;q=0.1", undefined],
    ["identity;q=0.5, gzip;q=0.5", "gzip"],
    ["identity, gzip", "gzip"],
    ["identity;q=0, *;q=0", undefined],
    [" gzip ; q=0.1 ,, ;", "gzip"],
    ["x-gzip", undefined],
  ])("of %j is %s", (accept, encoding) => {
    expect(negotiateEncoding(accept)).toBe(encoding);
  });
});

describe("compressResponse", () => {
  const request = (
    headers: Record<string, string> = { "accept-encoding": "br, gzip" },
    method = "GET",
  ): HttpRequest => ({
    method,
    path: "/v1/",
    query: "",
    headers,
    address: null,
    json: () => undefined,
  });
  const text = "ü".repeat(513);

  it("compresses bodies above 1,024 bytes", async () => {
    const long = await compressResponse(request(), httpResponse(200, text, { ETag: '"1"' }));
    expect(long.headers).toMatchObject({ "Content-Encoding": "br", Vary: "Accept-Encoding", ETag: '"1"' });
    expect(brotliDecompressSync(long.compressed ?? "").toString()).toBe(text);
    const gzipped = await compressResponse(request({ "accept-encoding": "gzip" }), httpResponse(200, text));
    expect(gunzipSync(gzipped.compressed ?? "").toString()).toBe(text);

    const short = await compressResponse(request(), httpResponse(200, text.slice(1)));
    expect([short.compressed, short.headers["Content-Encoding"], short.headers.Vary]).toEqual([
      undefined,
      undefined,
      "Accept-Encoding",
    ]);
  });

  it.each([
    ["text/csv; charset=utf-8", true],
    ["application/xml", true],
    ["application/problem+json", true],
    ["Application/JSON", true],
    ["application/x-ndjson", true],
    ["image/png", false],
    ["application/zip", false],
    ["text/event-stream", false],
  ])("of type %s: %s", async (type, compresses) => {
    const response = await compressResponse(request(), httpResponse(200, text, { "Content-Type": type }));
    expect(response.compressed !== undefined).toBe(compresses);
    expect(response.headers.Vary).toBe(compresses ? "Accept-Encoding" : undefined);
  });

  it.each([{ "content-encoding": "zstd" }, { "cache-control": "public, No-Transform" }])(
    "leaves a response with %j as it is",
    async (headers) => {
      const response = httpResponse(200, text, headers);
      expect(await compressResponse(request(), response)).toBe(response);
    },
  );

  it("leaves HEAD and 304 without a body, and tells caches what they depend on", async () => {
    for (const [method, response] of [
      ["HEAD", httpResponse(200, text)],
      ["GET", httpResponse(304, null)],
    ] as const) {
      const { compressed, headers } = await compressResponse(request(undefined, method), response);
      expect([compressed, headers["Content-Encoding"], headers.Vary]).toEqual([
        undefined,
        undefined,
        "Accept-Encoding",
      ]);
    }
  });

  it("adds to a Vary header in any spelling", async () => {
    const { headers } = await compressResponse(request({}), httpResponse(200, text, { vary: "Origin" }));
    expect(headers).toMatchObject({ vary: "Origin, Accept-Encoding" });
  });
});

describe("requireFittingResponse", () => {
  it("counts the body as JSON, and a compressed one as base64", () => {
    const limit = 6 * 1024 * 1024 - 64 * 1024;
    const tooLarge = expect.objectContaining({ kind: "REQUEST_TOO_LARGE" });
    const plain = (body: string) => () => requireFittingResponse(httpResponse(200, body));
    const packed = (bytes: number) => () =>
      requireFittingResponse({ ...httpResponse(200, ""), compressed: Buffer.alloc(bytes) });

    expect(plain("a".repeat(limit - 2))).not.toThrow();
    expect(plain("a".repeat(limit - 1))).toThrow(tooLarge);
    expect(plain("\n".repeat(limit / 2))).toThrow(tooLarge);
    expect(plain("\u0001".repeat(limit / 6 + 1))).toThrow(tooLarge);
    expect(packed((limit / 4) * 3)).not.toThrow();
    expect(packed((limit / 4) * 3 + 1)).toThrow(tooLarge);
  });
});
