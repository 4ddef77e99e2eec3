import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { documented, type Exchange } from "./documented.ts";
import { startStore, type TestStore } from "./start-store.ts";

const BUCKET = { data: { id: "b", last_modified: 1 }, permissions: { write: ["basicauth:alice"] } };
const HEADERS = { "content-type": "application/json", etag: '"1"', "last-modified": "x", "cache-control": "no-cache" };

const PART = { status: 202, path: "/v1/buckets/b", headers: {}, body: {} };

let store: TestStore;
let check: (exchange: Exchange) => void;
beforeAll(async () => {
  store = await startStore();
  check = await documented(store.url);
});
afterAll(() => store.close());

const told = (given: Partial<Omit<Exchange, "headers">> & { headers?: Record<string, string> }) => () =>
  check({
    method: "PUT",
    path: "/v1/buckets/b",
    status: 200,
    body: BUCKET,
    ...given,
    headers: new Headers(given.headers ?? HEADERS),
  });

describe("the check of responses against the OpenAPI document", () => {
  it.each<[string, Parameters<typeof told>[0]]>([
    ["an object", {}],
    ["the same without its body", { method: "HEAD", body: undefined }],
    ["a failure", { status: 403, body: { code: 403, errno: 121, error: "Forbidden", message: "" } }],
    ["a path that there is not", { path: "/v1/nowhere", status: 404 }],
    ["a method that there is not", { method: "TRACE", status: 405, headers: { allow: "GET" } }],
  ])("accepts a documented response: %s", (_, given) => {
    expect(told(given)).not.toThrow();
  });

  it.each<[string, Parameters<typeof told>[0], string]>([
    ["another status", { status: 202 }, "a status that it does not have"],
    [
      "another failure's number",
      { status: 403, body: { code: 403, errno: 104, error: "Forbidden" } },
      "104 is not one of [121]",
    ],
    ["a missing header", { headers: { ...HEADERS, etag: "" } }, "ETag : "],
    ["a missing property", { body: { data: BUCKET.data } }, "'permissions' is a required property"],
    ["one property more", { body: { ...BUCKET, more: 1 } }, "'more' was unexpected"],
    ["another type", { body: { ...BUCKET, data: { id: "b", last_modified: "1" } } }, "'1' is not of type 'integer'"],
    ["no body", { body: undefined }, "without a body"],
    ["a body where there is none", { method: "GET", status: 304 }, "with a body"],
    ["another media type", { headers: { ...HEADERS, "content-type": "text/html" } }, "as text/html"],
    ["success where nothing is", { path: "/v1/nowhere" }, "on a path that it does not have"],
    ["success of a method that there is not", { method: "TRACE" }, "to a method that it does not have"],
    [
      "a part of a batch",
      { method: "POST", path: "/v1/batch", asked: { requests: [{ path: "/buckets/b" }] }, body: { responses: [PART] } },
      "GET /v1/buckets/b",
    ],
    ["a refused method, without the others", { method: "TRACE", status: 405 }, "without Allow"],
  ])("rejects an undocumented response: %s", (_, given, why) => {
    expect(told(given)).toThrow(why);
  });
});
