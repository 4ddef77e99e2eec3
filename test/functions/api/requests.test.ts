import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { type RawRequest, sendRaw } from "../../send-raw.ts";
import { startStore, type TestStore } from "../../start-store.ts";

const RECORDS = "/buckets/b/collections/c/records";
const GROUP = "/buckets/b/groups/g";

let store: TestStore;
beforeAll(async () => {
  store = await startStore();
  await store.put("/buckets/b");
  await store.put("/buckets/b/collections/c");
  await store.put(`${RECORDS}/r`, { data: { n: 1 } });
});
afterAll(() => store.close());

const authorization = `Basic ${Buffer.from("alice:secret").toString("base64")}`;
const raw = ({ headers = {}, ...request }: RawRequest) =>
  sendRaw(store.url, { ...request, headers: { authorization, ...headers } });

describe("the media type of a body", () => {
  it.each([undefined, "application/json", "Application/JSON; charset=UTF-8", ' application/json ;charset="utf-8"'])(
    "can be %s",
    async (type) => {
      const answer = await raw({
        method: "PUT",
        path: `${RECORDS}/r`,
        body: `{"data":{"type":${JSON.stringify(type ?? null)}}}`,
        headers: type === undefined ? {} : { "content-type": type },
      });

      expect([answer.status, answer.body.data.type]).toEqual([200, type ?? null]);
    },
  );

  it.each(["text/plain", "application/merge-patch+json", "garbage", "application/json, text/plain"])(
    "may not be %s, even of an empty body",
    async (type) => {
      for (const body of ["{}", ""]) {
        expect(
          (await raw({ method: "PUT", path: `${RECORDS}/r`, body, headers: { "content-type": type } })).body,
        ).toMatchObject({ code: 415, errno: 107 });
      }
    },
  );
});

describe("the Content-Encoding of a body", () => {
  const put = (encoding: string, body = '{"data":{}}') =>
    raw({ method: "PUT", path: `${RECORDS}/r`, body, headers: { "content-encoding": encoding } });

  it.each(["gzip", "GZIP", "deflate", "br", "identity, gzip", "zstd", "unknown"])("may not be %s", async (encoding) => {
    const { body, headers } = await put(encoding);

    expect(body).toMatchObject({ code: 415, errno: 107, details: [{ location: "header", name: "Content-Encoding" }] });
    expect(headers.get("accept-encoding")).toBe("identity");
  });

  it.each(["identity", " Identity "])("can be '%s'", async (encoding) => {
    expect((await put(encoding)).status).toBe(200);
  });
});

describe("errors", () => {
  it("quote a limited part of what the client has sent", async () => {
    const long = "x".repeat(9000);
    const answers = await Promise.all([
      raw({ path: `${RECORDS}?_limit=${long}` }),
      raw({ path: `${RECORDS}?_since=${encodeURIComponent('"'.repeat(3000))}` }),
      raw({ method: "PATCH", path: `${RECORDS}/r`, body: '{"data":{}}', headers: { "response-behavior": long } }),
    ]);
    for (const { status, body } of answers) {
      expect(status).toBe(400);
      expect(body.details[0].description.length).toBeLessThanOrEqual(4001);
    }
    const { body } = await raw({ method: "DELETE", path: `${RECORDS}?${"_a=1&".repeat(1000)}` });
    expect(body.details).toHaveLength(100);
  });
});

describe("the Accept header", () => {
  it.each([
    "text/html",
    "text/*",
    "application/json;q=0",
    "application/json ; q=0.0, text/html",
    "image/png,text/html;q=0.5",
  ])("%s gets a 406", async (accept) => {
    expect((await raw({ path: `${RECORDS}/r`, headers: { accept } })).body).toMatchObject({ code: 406, errno: 107 });
  });

  it.each([
    "*/*",
    "application/*",
    "text/html, */*;q=0.1",
    "application/json;q=0.5",
    "application/json;charset=utf-8",
    "APPLICATION/JSON",
    "garbage",
    "",
  ])("%j gets JSON", async (accept) => {
    expect((await raw({ path: `${RECORDS}/r`, headers: { accept } })).status).toBe(200);
  });
});

describe("a path", () => {
  it.each([".", "..", "%2e", "%2e%2e", "%2E."])("with %s in it is not resolved to another path", async (dots) => {
    for (const method of ["GET", "PUT", "DELETE"]) {
      for (const path of [
        `${RECORDS}/${dots}`,
        `${RECORDS}/x/${dots}/r`,
        `${RECORDS}/${dots}/records/r`,
        `${RECORDS}/${dots}/`,
      ]) {
        const { status, body } = await raw({ method, path });
        if (status !== 307) expect(body).toMatchObject({ code: expect.any(Number), errno: expect.any(Number) });
        expect([307, 400, 404]).toContain(status);
      }
    }
    expect((await store.get(`${RECORDS}/r`)).status).toBe(200);
  });

  it.each([
    ["/", "GET, HEAD, OPTIONS"],
    ["/buckets", "HEAD, GET, POST, DELETE, OPTIONS"],
    [`${RECORDS}/r`, "GET, HEAD, PUT, PATCH, DELETE, OPTIONS"],
  ])("%s returns its methods in Allow", async (path, allowed) => {
    for (const method of ["TRACE", "PROPFIND", "SEARCH"]) {
      const { headers, body } = await raw({ method, path });
      expect(body).toMatchObject({ code: 405, errno: 115, error: "Method Not Allowed" });
      expect(headers.get("allow")).toBe(allowed);
    }
  });

  it("ignores the body of GET and HEAD requests", async () => {
    for (const method of ["GET", "HEAD"])
      expect(
        (await raw({ method, path: `${RECORDS}/r`, body: "{", headers: { "content-type": "text/plain" } })).status,
      ).toBe(200);
  });
});

describe("a list's query", () => {
  it.each([
    "_limit=",
    "_limit=0",
    "_limit=null",
    "_limit=%221%22",
    "_limit=%2B1",
    "_since=null",
    "_before=null",
    "_since=%220%22",
    "_token=",
    "_unknown=1",
  ])("can be %s", async (query) => {
    const { status, body } = await raw({ path: `${RECORDS}?${query}` });

    expect([status, body.data.length]).toEqual([200, 1]);
  });

  it.each([
    "_limit=1&_limit=2",
    "_since=1&_since=2",
    "_before=1&_before=2",
    "_since=",
    "_since=%22%22",
    "_since=1.5",
    "_limit=1.5",
    "_limit=1e3",
  ])("cannot be %s, neither to read nor to delete", async (query) => {
    for (const method of ["GET", "DELETE"])
      expect((await raw({ method, path: `${RECORDS}?${query}` })).body).toMatchObject({ code: 400, errno: 107 });

    expect((await store.get(RECORDS)).body.data).toHaveLength(1);
  });
});

describe("a precondition", () => {
  it("with a number greater than any timestamp fails", async () => {
    const headers = { "If-Match": `"${"9".repeat(26)}"` };

    expect((await store.put(`${RECORDS}/r`, {}, { headers })).body).toMatchObject({
      code: 412,
      errno: 114,
      details: { existing: { id: "r" } },
    });
  });
});

describe("a principal", () => {
  it.each([
    ["a number", 5, "permissions.read.0 in body: 5 is not a string"],
    ["nothing", null, "permissions.read.0 in body: Required"],
    ["an empty string", "", "permissions.read.0 in body: Required"],
    ["a lone surrogate", "\ud800", "permissions.read.0 in body: The principal is not well-formed Unicode"],
    [
      "a text longer than a key",
      "é".repeat(751),
      "permissions.read.0 in body: The principal is longer than 1500 bytes",
    ],
  ])("that is %s is rejected in permissions and members", async (_, principal, message) => {
    expect((await store.put(`${RECORDS}/x`, { permissions: { read: [principal] } })).body).toMatchObject({
      code: 400,
      errno: 107,
      message,
    });
    expect((await store.put(GROUP, { data: { members: [principal] } })).body).toMatchObject({
      code: 400,
      message: message.replace("permissions.read", "data.members"),
    });
    expect((await store.get(GROUP)).status).toBe(404);
  });

  it("that is twice in `members` stays there twice, and is a member once", async () => {
    const alice = await store.userId("alice");
    await store.put(GROUP, { data: { members: [alice, "other", alice] } });

    expect((await store.get(GROUP)).body.data.members).toEqual([alice, "other", alice]);
    expect((await store.get("/")).body.user.principals.filter((name: string) => name === GROUP)).toEqual([GROUP]);
  });
});
