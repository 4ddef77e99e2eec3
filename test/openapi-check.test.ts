import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { createResponseCheck, type Exchange } from "./openapi-check.ts";
import { startStore, type TestStore } from "./start-store.ts";

const BUCKET = { data: { id: "b", last_modified: 1 }, permissions: { write: ["basicauth:alice"] } };
const HEADERS = { "content-type": "application/json", etag: '"1"', "last-modified": "x", "cache-control": "no-cache" };

const PART = { status: 202, path: "/v1/buckets/b", headers: {}, body: {} };

let store: TestStore;
let check: (exchange: Exchange) => void;
beforeAll(async () => {
  store = await startStore();
  check = await createResponseCheck(store.url);
});
afterAll(() => store.close());

const checkExchange = (changes: Partial<Omit<Exchange, "headers">> & { headers?: Record<string, string> }) => () =>
  check({
    method: "PUT",
    path: "/v1/buckets/b",
    status: 200,
    body: BUCKET,
    ...changes,
    headers: new Headers(changes.headers ?? HEADERS),
  });

describe("createResponseCheck", () => {
  it.each<[string, Parameters<typeof checkExchange>[0]]>([
    ["a documented object", {}],
    ["a HEAD response without a body", { method: "HEAD", body: undefined }],
    ["a documented error", { status: 403, body: { code: 403, errno: 121, error: "Forbidden", message: "" } }],
    ["a 404 for an unknown path", { path: "/v1/nowhere", status: 404 }],
    ["a 405 for an unknown method", { method: "TRACE", status: 405, headers: { allow: "GET" } }],
  ])("accepts %s", (_, changes) => {
    expect(checkExchange(changes)).not.toThrow();
  });

  it.each<[string, Parameters<typeof checkExchange>[0], string]>([
    ["an undocumented status", { status: 202 }, "unknown status"],
    [
      "an undocumented errno",
      { status: 403, body: { code: 403, errno: 104, error: "Forbidden" } },
      "104 is not one of [121]",
    ],
    ["a missing required header", { headers: { ...HEADERS, etag: "" } }, "ETag : "],
    ["a missing property", { body: { data: BUCKET.data } }, "'permissions' is a required property"],
    ["an additional property", { body: { ...BUCKET, more: 1 } }, "'more' was unexpected"],
    [
      "a property of another type",
      { body: { ...BUCKET, data: { id: "b", last_modified: "1" } } },
      "'1' is not of type 'integer'",
    ],
    ["a missing body", { body: undefined }, "without a body"],
    ["an unexpected body", { method: "GET", status: 304 }, "with a body"],
    ["an undocumented media type", { headers: { ...HEADERS, "content-type": "text/html" } }, "as text/html"],
    ["a 200 for an unknown path", { path: "/v1/nowhere" }, "unknown path"],
    ["a 200 for an unknown method", { method: "TRACE" }, "unknown method"],
    [
      "a response in a batch that differs",
      {
        method: "POST",
        path: "/v1/batch",
        requestBody: { requests: [{ path: "/buckets/b" }] },
        body: { responses: [PART] },
      },
      "GET /v1/buckets/b",
    ],
    ["a 405 without Allow", { method: "TRACE", status: 405 }, "without Allow"],
  ])("throws for %s", (_, changes, reason) => {
    expect(checkExchange(changes)).toThrow(reason);
  });
});
