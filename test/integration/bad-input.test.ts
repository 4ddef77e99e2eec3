/** @slow */

import { connect } from "node:net";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "@jest/globals";
import { MAX_TEXT_BODY_BYTES } from "../../config/functions.ts";
import { MAX_OBJECT_BYTES } from "../../core/objects/store-object.ts";
import type { JsonObject } from "../../lib/json.ts";
import { parseStrictJson } from "../../lib/strict-json.ts";
import fc, { codePoint } from "../fast-check.ts";
import { startStore, type TestRequest, type TestResponse, type TestStore } from "../start-store.ts";

const COLLECTION = "/buckets/b/collections/c";
const RECORDS = `${COLLECTION}/records`;
const ALICE = `Basic ${Buffer.from("alice:secret").toString("base64")}`;

let store: TestStore;
beforeAll(async () => {
  store = await startStore();
  await store.put("/buckets/b");
  await store.put(COLLECTION);
  await store.put("/buckets/b/groups/g");
  for (let i = 0; i < 5; i++) await store.put(`${RECORDS}/r${i}`, { data: { i } });
});
afterAll(() => store.close());

/** The state that rejected requests must not change: timestamps and counts of lists. */
const state = async (): Promise<unknown> => {
  const lists = ["/buckets", "/buckets/b/collections", "/buckets/b/groups", RECORDS];
  const { body } = await store.post("/batch", { requests: lists.map((path) => ({ method: "HEAD", path })) });
  return body.responses.map(({ headers }: { headers: JsonObject }) => [headers.ETag, headers["Total-Objects"]]);
};

/** Expects a 4xx response in the format of the protocol. */
const expectRefusal = ({ status, body }: Pick<TestResponse, "status" | "body">, codes: readonly number[] = [400]) => {
  expect(codes).toContain(status);
  expect(body).toMatchObject({ code: status, errno: expect.any(Number), error: expect.any(String) });
  expect(body.message ?? body.details).toBeTruthy();
};

/** Sends raw bytes and reads the whole response. */
const raw = (bytes: string | Uint8Array): Promise<Pick<TestResponse, "status" | "body"> & { readonly head: string }> =>
  new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const socket = connect(Number(new URL(store.url).port), "127.0.0.1", () => socket.write(bytes));
    socket.on("data", (chunk) => chunks.push(chunk));
    socket.on("error", (error) => chunks.length === 0 && reject(error));
    socket.on("close", () => {
      const [head = "", ...rest] = Buffer.concat(chunks).toString("utf8").split("\r\n\r\n");
      resolve({ status: Number(/^HTTP\/1\.1 (\d+)/.exec(head)?.[1]), head, body: jsonOf(rest.join("\r\n\r\n")) });
    });
  });

/** Parses a body; returns other text unchanged. */
const jsonOf = (text: string): unknown => {
  try {
    return text === "" ? undefined : JSON.parse(text);
  } catch {
    return text;
  }
};

/** Builds a raw request in Latin-1. */
const request = (line: string, headers: readonly string[] = [], body: string | Uint8Array = "") => {
  const head = [
    `${line} HTTP/1.1`,
    "Host: localhost",
    "Connection: close",
    `Authorization: ${ALICE}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    ...headers,
    "",
    "",
  ];
  return raw(Buffer.concat([Buffer.from(head.join("\r\n"), "latin1"), Buffer.from(body as string)]));
};

const putJson = (body: string | Uint8Array, path = `${RECORDS}/x`, more: TestRequest = {}) =>
  store.put(path, body, more);

describe("invalid input", () => {
  let before: unknown;
  beforeAll(async () => {
    before = await state();
  });
  afterEach(async () => {
    expect(await state()).toEqual(before);
  });

  it.each([
    ["only whitespace", " "],
    ["an open brace", '{"data":{'],
    ["text", "data"],
    ["single quotes", "{'data':{}}"],
    ["a trailing comma", '{"data":{},}'],
    ["a comment", '{"data":{}/**/}'],
    ["NaN", '{"data":{"a":NaN}}'],
    ["a leading zero", '{"data":{"a":01}}'],
    ["an unescaped line break in a string", '{"data":{"a":"\n"}}'],
    ["two values", '{"data":{}}{"data":{}}'],
    ["a raw NUL", '{"data":{"a":"\0"}}'],
    ["a bad escape", '{"data":{"a":"\\x41"}}'],
    ["form data", "data=1"],
    ["a number that exceeds a double", '{"data":{"a":1e400}}'],
    ["an integer of 39 digits", `{"data":{"a":${"1".repeat(39)}}}`],
    ["a fraction that a double rounds", '{"data":{"a":0.12345678901234567890}}'],
    ["a key twice", '{"data":{"a":1,"a":2}}'],
    ["data twice", '{"data":{"a":1},"data":{"a":2}}'],
    ["a duplicate key, once escaped", '{"data":{"\\u0061":1,"a":2}}'],
    ["101 levels", `{"data":{"a":${"[".repeat(99)}${"]".repeat(99)}}}`],
    ["100,000 levels", `{"data":{"a":${"[".repeat(1e5)}${"]".repeat(1e5)}}}`],
    ["null", "null"],
    ["a list", "[]"],
    ["a string", '"data"'],
    ["a number", "7"],
    ["true", "true"],
  ])("rejects a body of %s", async (_, body) => {
    expectRefusal(await putJson(body));
    expectRefusal(await store.post(RECORDS, body));
    expectRefusal(await store.patch(`${RECORDS}/r0`, body));
    expectRefusal(await putJson(body, "/buckets/new"));
  });

  it("rejects a body that is not UTF-8", async () => {
    for (const bytes of [[0xff], [0xc3, 0x28], [0xed, 0xa0, 0x80], [0xc0, 0xaf], [0xf5, 0x80, 0x80, 0x80]]) {
      expectRefusal(
        await putJson(Buffer.concat([Buffer.from('{"data":{"a":"'), Buffer.from(bytes), Buffer.from('"}}')])),
      );
    }
    expectRefusal(await putJson(Buffer.from('{"data":{}}', "utf16le")));
    expectRefusal(
      await putJson(Buffer.from([0x1f, 0x8b, 8, 0]), undefined, { headers: { "content-encoding": "gzip" } }),
      [415],
    );
  });

  it.each([
    [{ data: null }],
    [{ data: [] }],
    [{ data: "x" }],
    [{ data: 1 }],
    [{ data: {}, permissions: [] }],
    [{ permissions: "x" }],
    [{ permissions: null }],
    [{ permissions: { write: "system.Everyone" } }],
    [{ permissions: { write: {} } }],
    [{ permissions: { write: 1 } }],
    [{ permissions: { write: [null] } }],
    [{ permissions: { write: [1, "x"] } }],
    [{ permissions: { write: [["x"]] } }],
    [{ permissions: { write: [""] } }],
    [{ permissions: { write: ["x".repeat(2000)] } }],
    [{ permissions: { write: ["海".repeat(501)] } }],
    [{ permissions: { own: ["x"] } }],
    [{ permissions: { constructor: ["x"] } }],
    [JSON.parse('{"permissions":{"__proto__":["x"]}}')],
    [{ data: {}, extra: 1 }],
    [JSON.parse('{"__proto__":{"data":{}}}')],
    [{ constructor: {} }],
    [{ Data: {} }],
    [{ data: { id: 5 } }],
    [{ data: { id: "another" } }],
    [{ data: { id: null } }],
    [{ data: { id: {} } }],
    [{ data: { id: "" } }],
  ])("rejects a body of the wrong types: %j", async (body) => {
    expectRefusal(await putJson(JSON.stringify(body)));
    expectRefusal(await store.patch(`${RECORDS}/r0`, JSON.stringify(body)));
    expectRefusal(await putJson(JSON.stringify(body), "/buckets/new"));
  });

  it.each([
    5,
    null,
    {},
    [],
    "",
    "a b",
    "a/b",
    "../x",
    ".",
    "..",
    "#clock",
    "a.b",
    "-a",
    "_a",
    "é",
    "海",
    "🐙",
    "a\0",
    "a\r\nX-Evil: 1",
    "x".repeat(257),
    "x".repeat(5000),
    "__proto__",
  ])("rejects an invalid id in a POST: %j", async (id) => {
    expectRefusal(await store.post(RECORDS, { data: { id } }));
    expectRefusal(await store.post("/buckets", { data: { id } }));
  });

  it.each([
    [{}],
    ["x"],
    [5],
    [[1]],
    [[null]],
    [[["x"]]],
    [[""]],
    [["system.Everyone"]],
    [["/buckets/b/groups/g"]],
    [["x".repeat(1501)]],
  ])("rejects a group with invalid members: %j", async (members) => {
    expectRefusal(await store.put("/buckets/b/groups/new", { data: { members } }));
    expectRefusal(await store.patch("/buckets/b/groups/g", { data: { members } }));
    expectRefusal(await store.post("/buckets/b/groups", { data: { members } }));
  });

  it.each([
    "text/plain",
    "application/x-www-form-urlencoded",
    "application/jsonp",
    "json",
    "application/json, text/html",
    "multipart/form-data; boundary=x",
  ])("rejects a body of another type: %s", async (type) => {
    for (const method of ["PUT", "PATCH"])
      expectRefusal(
        await store.request(`${RECORDS}/r0`, { method, body: '{"data":{"a":1}}', headers: { "content-type": type } }),
        [415],
      );
    expectRefusal(await store.post(RECORDS, { data: {} }, { headers: { "content-type": type } }), [415]);
  });

  it("rejects an object above the maximum size and stores one just below it", async () => {
    const tooLarge = await putJson(JSON.stringify({ data: { a: "x".repeat(MAX_OBJECT_BYTES) } }));
    expectRefusal(tooLarge, [413]);
    expect(tooLarge.body.errno).toBe(113);
    expectRefusal(await putJson(JSON.stringify({ data: { a: "海".repeat(MAX_OBJECT_BYTES / 3) } })), [413]);
    expectRefusal(await store.patch(`${RECORDS}/r0`, { data: { a: "x".repeat(MAX_OBJECT_BYTES) } }), [413]);
    expectRefusal(await store.post(RECORDS, { data: { a: "x".repeat(MAX_OBJECT_BYTES) } }), [413]);
    expectRefusal(await store.put("/buckets/new", { data: { a: "x".repeat(MAX_OBJECT_BYTES) } }), [413]);
    expectRefusal(
      await store.put("/buckets/b/groups/new", {
        data: { members: Array.from({ length: 300 }, (_, i) => `${i}${"x".repeat(1400)}`) },
      }),
      [413],
    );
  });

  it("rejects a body above the limit in any transfer encoding", async () => {
    const big = Buffer.alloc(MAX_TEXT_BODY_BYTES + 1, " ");
    const answer = await putJson(big);
    expectRefusal(answer, [413]);
    expect(answer.body.errno).toBe(113);

    const head = `PUT /v1${RECORDS}/x HTTP/1.1\r\nHost: localhost\r\nAuthorization: ${ALICE}\r\nContent-Type: application/json\r\n`;
    const chunk = `${(1024 * 1024).toString(16)}\r\n${" ".repeat(1024 * 1024)}\r\n`;
    expectRefusal(
      await raw(`${head}Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n${chunk.repeat(5)}0\r\n\r\n`),
      [413],
    );
  });

  it.each([
    ...[
      "%2Fx",
      "a%2Fb",
      "%2E%2E%2Fx",
      "%23clock",
      "a.b",
      "a%20b",
      "%C3%A9",
      "%E6%B5%B7",
      "%F0%9F%90%99",
      "%00",
      "a%00",
      "a%0D%0AX-Evil:%201",
      "-a",
      "_a",
      "a:b",
      "a;b=c",
      "a@b",
      "a%25",
      "*",
      "~",
    ],
    ...[
      "x".repeat(257),
      "x".repeat(1025),
      "x".repeat(2500),
      "%E6%B5%B7".repeat(400),
      "__proto__",
      "{id}",
      "%7Bid%7D",
      "a%23b",
      "a+b",
    ],
  ])("rejects an invalid id in the path: %s", async (id) => {
    for (const list of ["/buckets", "/buckets/b/collections", "/buckets/b/groups", RECORDS]) {
      expectRefusal(await putJson('{"data":{}}', `${list}/${id}`), [400, 404]);
      expectRefusal(await store.patch(`${list}/${id}`, { data: {} }), [400, 403, 404]);
      expectRefusal(await store.get(`${list}/${id}`), [400, 403, 404]);
      expectRefusal(await store.delete(`${list}/${id}`), [400, 403, 404]);
    }
    for (const below of [
      `/buckets/${id}/collections`,
      `/buckets/${id}/collections/c/records`,
      `/buckets/b/collections/${id}/records`,
      `/buckets/${id}/groups`,
    ]) {
      expectRefusal(await store.get(below), [400, 403, 404]);
      expectRefusal(await store.post(below, { data: {} }), [400, 403, 404]);
      expectRefusal(await store.put(`${below}/x`, { data: {} }), [400, 403, 404]);
      expectRefusal(await store.delete(below), [400, 403, 404]);
    }
    expectRefusal(await store.post(`/buckets/${id}/collections/c/search`, {}), [400, 403, 404]);
    expectRefusal(await store.post(`/buckets/b/collections/${id}/search`, {}), [400, 403, 404]);
  });

  it.each([
    ..."%zz %c3 %c3%28 % %2 %ED%A0%80 %FF a%"
      .split(" ")
      .map((garbage) => `/v1/buckets/b/collections/c/records/${garbage}`),
    ...[
      "/v1/buckets/%zz/collections",
      "/v2/buckets",
      "/v1/bucket",
      "/v1/buckets/b/records",
      "/v1/buckets/b/collections/c/records/r0/x",
      "/v1//buckets",
      "/v1/buckets//collections",
    ],
    "/v1/../v1/buckets/%00",
    "/v1/buckets\\b",
  ])("rejects an invalid path: %s", async (path) => {
    expectRefusal(await request(`GET ${path}`), [400, 403, 404]);
    expectRefusal(await request(`PUT ${path}`, ["Content-Type: application/json"], '{"data":{}}'), [400, 404, 405]);
  });

  it.each([
    ...[
      "_limit=-1",
      "_limit=x",
      "_limit=1.5",
      "_limit=1e3",
      "_limit=99999999999999999999999",
      "_limit=0x10",
      "_limit=NaN",
      "_limit=%00",
      "_limit=1,2",
      "_limit=١",
    ],
    ...[
      "_since=x",
      "_since=-1",
      "_since=",
      "_since=1.5",
      '_since="x"',
      "_since=%221",
      "_since=99999999999999",
      "_since=1e15",
      "_before=x",
      "_before=-5",
      "_since=2020-01-01",
    ],
    ...[
      "_token=x",
      "_token=%00",
      `_token=${"A".repeat(8000)}`,
      "_token=MS5yMC54",
      "_token=%F0%9F%90%99",
      "_token=e30=",
    ],
    ...[
      `${"x".repeat(6000)}=1`,
      "like_title=1",
      "in_last_modified=1",
      "title=1&title=2",
      "title=0.12345678901234567890",
      "contains_id=1",
      "x%00=1",
    ],
  ])("rejects an invalid list query: %s", async (query) => {
    expectRefusal(await store.get(`${RECORDS}?${query}`));
    expectRefusal(await store.delete(`${RECORDS}?${query}`));
    expectRefusal(await store.delete(`/buckets?${query}`));
    expect((await store.request(`${RECORDS}?${query}`, { method: "HEAD" })).status).toBe(400);
  });

  it("rejects a token that was changed, truncated, or issued for another list, bound or method", async () => {
    const next = async (path: string) =>
      new URL((await store.get(path)).headers.get("next-page") as string).searchParams.get("_token") as string;
    const token = await next(`${RECORDS}?_limit=1`);
    expect((await store.get(`${RECORDS}?_limit=1&_token=${token}`)).body.data).toHaveLength(1);

    const text = Buffer.from(token, "base64url").toString("latin1");
    const [time, id, signature] = text.split(".");
    const sealed = (...parts: unknown[]) => Buffer.from(parts.join(".")).toString("base64url");
    const forged = [
      sealed(Number(time) + 1, id, signature),
      sealed(time, "r0", signature),
      sealed(time, id, ""),
      sealed(time, id),
      sealed(time, id, `${signature}x`),
    ];
    for (const wrong of [
      ...forged,
      token.slice(0, -4),
      token.slice(4),
      token.slice(0, 20),
      `A${token}`,
      token.toUpperCase(),
    ]) {
      expectRefusal(await store.get(`${RECORDS}?_limit=1&_token=${wrong}`));
      expectRefusal(await store.delete(`${RECORDS}?_limit=1&_token=${wrong}`));
    }
    expectRefusal(await store.get(`/buckets/b/collections?_token=${token}`));
    expectRefusal(await store.get(`${RECORDS}?_since=1&_token=${token}`));
    expectRefusal(await store.delete(`${RECORDS}?_token=${token}`));
    expectRefusal(await store.get(`${RECORDS}?_token=${await next(`${RECORDS}?_limit=1&_since=1`)}`));
  });

  it.each(["x", "5", '"x"', '"-1"', '"1.5"', "''", '"', '""', "**", "null", "5 "])(
    "rejects an invalid precondition: %s",
    async (value) => {
      for (const name of ["If-Match", "If-None-Match"]) {
        expectRefusal(await store.get(RECORDS, { headers: { [name]: value } }));
        expectRefusal(await store.get(`${RECORDS}/r0`, { headers: { [name]: value } }));
        expectRefusal(await store.put(`${RECORDS}/r0`, { data: { a: 1 } }, { headers: { [name]: value } }));
        expectRefusal(await store.post(RECORDS, { data: {} }, { headers: { [name]: value } }));
        expectRefusal(await store.delete(RECORDS, { headers: { [name]: value } }));
      }
    },
  );

  it.each([
    "",
    " ",
    "Basic",
    "Basic ",
    "Basic !!!",
    "Basic OnNlY3JldA==",
    "Basic YWxpY2U=",
    "Bearer x",
    "basic: x",
    "Digest username=x",
    "\t",
    "Basic \xff\xfe",
    `Basic ${"A".repeat(8000)}`,
    "basicauth:1",
  ])("rejects invalid credentials: %j", async (authorization) => {
    const headers = { authorization, "content-type": "application/json" };
    expectRefusal(await store.request(`${RECORDS}/x`, { as: null, method: "PUT", body: "{}", headers }), [401]);
    expectRefusal(await store.get(RECORDS, { as: null, headers }), [401]);
    expectRefusal(await store.delete("/buckets", { as: null, headers }), [401]);
  });

  it.each(["POST", "OPTIONS", "PROPFIND", "LINK", "SEARCH", "QUERY"])(
    "rejects a method of a record: %s",
    async (method) => {
      expectRefusal(await request(`${method} /v1${RECORDS}/r0`), [400, 404, 405]);
    },
  );

  it.each(["PUT", "PATCH", "TRACE", "PURGE", "MERGE", "M-SEARCH"])("rejects a method of a list: %s", async (method) => {
    expectRefusal(
      await request(`${method} /v1${RECORDS}`, ["Content-Type: application/json"], '{"data":{}}'),
      [400, 404, 405],
    );
  });

  it.each([
    ["an invalid method", "EVIL / HTTP/1.1\r\nHost: x\r\n\r\n"],
    ["no request line", "hello\r\n\r\n"],
    ["no host", `GET /v1/buckets HTTP/1.1\r\nConnection: close\r\n\r\n`],
    ["two lengths", "PUT /v1/buckets/x HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n{}   "],
    [
      "Content-Length and chunked encoding",
      "PUT /v1/buckets/x HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    ],
    ["a header with NUL", "GET /v1/ HTTP/1.1\r\nHost: x\r\nX: a\0b\r\n\r\n"],
    ["a folded header", "GET /v1/ HTTP/1.1\r\nHost: x\r\nX: a\r\n b\r\n\r\n"],
    [
      "raw bytes on the path",
      Buffer.from("GET /v1/buckets/\xff\xfe HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "latin1"),
    ],
  ])("rejects invalid HTTP: %s", async (_, bytes) => {
    const { head } = await raw(bytes);
    expect(head).toMatch(/^HTTP\/1\.1 40[04] /);
  });

  it.each(["a b", "x/y", "x@y:z", "[", "localhost:99999", "exa mple", "%zz", "\xff", "a?b", "#"])(
    "rejects an unknown path with any host: %s",
    async (host) => {
      const { status, head } = await raw(`GET /v1/nothing HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
      expect([400, 404, 421]).toContain(status);
      expect(head).toMatch(/content-type: application\/json/i);
    },
  );

  it("does not become a response header", async () => {
    for (const path of [
      `${RECORDS}/a%0D%0AX-Evil:%201`,
      `${RECORDS}?_limit=1&_x=%0D%0AX-Evil:%201`,
      `${RECORDS}?_limit=1&_%0AX-Evil=1`,
      `${RECORDS}?x%0D%0AX-Evil:1`,
      "/%0D%0AX-Evil:1",
    ]) {
      const { headers, status } = await store.get(path);
      expect(headers.has("x-evil")).toBe(false);
      expect(status).toBeLessThan(500);
    }
  });

  it("rejects an invalid search", async () => {
    for (const body of [
      "{",
      "[]",
      '{"query":1}',
      '{"query":{"evil":{}}}',
      '{"size":-1}',
      "null",
      '{"query":{"__proto__":{}}}',
      '{"size":1e400}',
    ]) {
      expectRefusal(await store.post(`${COLLECTION}/search`, body), [400, 404]);
    }
  });
});

describe("body of GET, HEAD and DELETE", () => {
  it("is ignored", async () => {
    for (const method of ["GET", "HEAD"]) {
      const { status, body } = await request(
        `${method} /v1${RECORDS}/r0`,
        ["Content-Type: application/json"],
        '{"data":{"a":1}}',
      );
      expect([200, 400]).toContain(status);
      if (status === 400 && method === "GET") expectRefusal({ status, body });
    }
    await store.put(`${RECORDS}/doomed`);
    expect((await request(`DELETE /v1${RECORDS}/doomed`, [], "{not json")).status).toBe(200);
  });
});

describe("stored data", () => {
  const SPECIAL: Record<string, unknown> = {
    "lone surrogates": { "\ud800": "\udfff", a: ["\ud83d", "x\udc00y", "\ude00\ud83d"] },
    noncharacters: { "\ufffe": "\uffff\ufffe", a: "\ufdd0\u{1ffff}" },
    "control characters": { "\0": "\0\u0001\u001f\u007f\u0080\u2028\u2029\ufeff", "": "" },
    emoji: { "🐙": "👩‍👩‍👧‍👦🏳️‍🌈", 海: "é e\u0301" },
    "the names of objects' own ways": JSON.parse(
      '{"__proto__":{"x":1},"constructor":{"prototype":{"y":2}},"prototype":3,"toString":null,"hasOwnProperty":"z","toJSON":5,"then":6}',
    ),
    "what looks like the store's own": {
      deleted: true,
      last: 1,
      pk: "x",
      sk: "#clock",
      data: { id: 5 },
      permissions: { write: [] },
      json: "{}",
      life: "x",
    },
    "the ends of numbers": { a: [5e-324, -1.7976931348623157e308, 0.1, 9007199254740991, 10n ** 21n, 1e39, 1e-7, 0] },
    "98 levels": JSON.parse(`{"a":${"[".repeat(97)}${"]".repeat(97)}}`),
    "numbers for keys": { "1": "a", "0": "b", "-1": "c", "1.5": "d" },
    templates: { a: "{x} {user_id} <script> ' or 1=1; --", $where: 1, "a.b": { $set: 1 } },
  };

  it.each(Object.keys(SPECIAL))("equals what was sent: %s", async (name) => {
    const data = SPECIAL[name] as object;
    const put = await store.put(`${RECORDS}/special`, { data });
    const { last_modified, ...kept } = put.body.data;
    expect(kept).toEqual({ ...data, id: "special" });
    expect((await store.get(`${RECORDS}/special`)).body.data).toEqual(put.body.data);
    expect((await store.get(`${RECORDS}?_limit=1`)).body.data).toEqual([put.body.data]);
    expect((await store.patch(`${RECORDS}/special`, { data: {} })).body.data).toEqual({
      ...put.body.data,
      last_modified: expect.any(Number),
    });
    expect({}).not.toHaveProperty("x");
    expect(last_modified).toEqual(expect.any(Number));
  });

  it("may be just below the maximum size", async () => {
    const data = { a: "x".repeat(MAX_OBJECT_BYTES - 300) };
    expect((await store.put(`${RECORDS}/large`, { data })).status).toBe(201);
    expect((await store.get(`${RECORDS}/large`)).body.data).toMatchObject(data);
    expect((await store.get(`${RECORDS}?_limit=1`)).body.data).toMatchObject([data]);
    expect((await store.delete(`${RECORDS}/large`)).status).toBe(200);
  });

  it.each([
    "a\nb",
    "a\r\nX-Evil: 1",
    " ",
    "\0",
    "\ud800",
    "\udc00\ud800",
    "\ufffe",
    "🐙",
    "#",
    "/",
    "/buckets",
    "/buckets/b/groups/../g",
    "system.Evil",
    "__proto__",
    "x".repeat(1500),
    "海".repeat(500),
  ])("may have an unusual principal: %j", async (principal) => {
    const { status, body } = await store.put(`${RECORDS}/shared`, { permissions: { read: [principal] } });
    if (status >= 400) return expectRefusal({ status, body });
    expect(body.permissions.read).toEqual([principal]);
    expect((await store.get(`${RECORDS}/shared`)).body.permissions.read).toEqual([principal]);
    expect((await store.patch(`${RECORDS}/shared`, { permissions: { read: [] } })).body.permissions).not.toHaveProperty(
      "read",
    );
  });

  it.each(["a\nb", "\0", "\ud800", "\ufffe", "🐙", "#", "__proto__", "x".repeat(1500)])(
    "may have an unusual member: %j",
    async (member) => {
      const { status, body } = await store.put("/buckets/b/groups/odd", { data: { members: [member] } });
      if (status >= 400) return expectRefusal({ status, body });
      expect(body.data.members).toEqual([member]);
      expect((await store.get("/buckets/b/groups/odd")).body.data.members).toEqual([member]);
      expect((await store.delete("/buckets/b/groups/odd")).status).toBe(200);
    },
  );

  it("may be any JSON object, in an object and a list response", async () => {
    const data = fc.dictionary(
      fc.string({ unit: codePoint }).filter((key) => key !== "id" && key !== "last_modified"),
      fc.jsonValue({ stringUnit: codePoint }),
      { noNullPrototype: true },
    );
    await fc.assert(
      fc.asyncProperty(data, async (any) => {
        const sent = JSON.stringify({ data: any });
        const expected = {
          ...(parseStrictJson(sent) as { readonly data: JsonObject }).data,
          id: "any",
          last_modified: expect.any(Number),
        };
        const { status, body } = await putJson(sent, `${RECORDS}/any`);
        expect([200, 201]).toContain(status);
        expect(body.data).toEqual(expected);
        expect((await store.get(`${RECORDS}/any`)).body.data).toEqual(expected);
        expect((await store.get(`${RECORDS}?_limit=1`)).body.data).toEqual([expected]);
      }),
      { numRuns: 60 },
    );
  });
});

describe("any input", () => {
  const piece = fc.oneof(
    fc.constantFrom(
      "buckets",
      "collections",
      "groups",
      "records",
      "search",
      "b",
      "c",
      "g",
      "r0",
      "v1",
      "",
      "..",
      "%00",
      "%zz",
      "%2F",
      "#",
      "__proto__",
      "x".repeat(300),
    ),
    fc.string({ unit: codePoint, maxLength: 8 }).map((text) => encodeURIComponent(text.toWellFormed())),
    fc.string({ maxLength: 5 }).map((text) => text.replace(/[\s?]/g, "")),
  );
  const path = fc.oneof(
    fc.array(piece, { maxLength: 8 }).map((pieces) => `/v1/${pieces.join("/")}`),
    fc
      .tuple(
        fc.constantFrom("/v1/buckets/", "/v1/buckets/f/collections/", "/v1/buckets/b/groups/", `/v1${RECORDS}/`),
        piece,
      )
      .map((parts) => parts.join("")),
    fc.constantFrom("/v1/", "/v1/buckets", `/v1${RECORDS}`, `/v1${COLLECTION}/search`),
  );
  const name = fc.constantFrom("_limit", "_since", "_before", "_token", "_sort", "_fields", "x", "%zz", "");
  const value = fc.oneof(
    fc.constantFrom("-1", "1e9", "99999999999999999999", "%00", "%c3", "null", '"1"'),
    fc.string({ maxLength: 10 }).map((text) => text.replace(/[\s#]/g, "")),
  );
  const query = fc
    .array(
      fc.tuple(name, value).map((pair) => pair.join("=")),
      { maxLength: 3 },
    )
    .map((pairs) => pairs.join("&"));
  const header = fc.tuple(
    fc.constantFrom(
      "If-Match",
      "If-None-Match",
      "Accept",
      "Content-Type",
      "Origin",
      "X-Forwarded-For",
      "Content-Encoding",
      "Cookie",
      "X-HTTP-Method-Override",
    ),
    fc.oneof(
      fc.constantFrom("*", '"1"', "application/json", "application/json; charset=x", "gzip", "DELETE"),
      fc.string({ maxLength: 12 }).map((text) => text.replace(/[^\x20-\x7e]/g, "")),
    ),
  );
  const body = fc.oneof(
    fc.constant(""),
    fc.jsonValue({ stringUnit: codePoint }).map((data) => JSON.stringify({ data })),
    fc
      .record({ data: fc.jsonValue(), permissions: fc.jsonValue() }, { requiredKeys: [] })
      .map((draft) => JSON.stringify(draft)),
    fc.dictionary(fc.constantFrom("id", "members", "x"), fc.jsonValue()).map((data) => JSON.stringify({ data })),
    fc.string({ unit: codePoint }),
  );
  const method = fc.constantFrom("GET", "PUT", "POST", "PATCH", "DELETE", "OPTIONS", "HEAD", "PROPFIND", "TRACE");

  it("never causes a 5xx response", async () => {
    await fc.assert(
      fc.asyncProperty(
        method,
        path,
        query,
        fc.array(header, { maxLength: 3 }),
        body,
        async (verb, at, query, headers, sent) => {
          const target = query === "" ? at : `${at}?${query}`;
          const response = await request(
            `${verb} ${target}`,
            ["Content-Type: application/json", ...headers.map((pair) => pair.join(": "))],
            sent,
          );
          expect(response.status).toBeLessThan(500);
          if (response.status >= 400 && verb !== "HEAD" && response.head.includes("application/json"))
            expectRefusal(response, [response.status]);
          if (response.status >= 400 && verb !== "HEAD")
            expect(response.head).toMatch(/content-type: application\/json/i);
        },
      ),
      { numRuns: 150 },
    );
    expect(store.logLines.filter((line) => /"level":"ERROR"|"error":/.test(line))).toEqual([]);
  });
});
