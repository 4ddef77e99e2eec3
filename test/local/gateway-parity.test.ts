import { type IncomingMessage, request } from "node:http";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from "aws-lambda";
import { MAX_BASE64_BODY_BYTES, MAX_TEXT_BODY_BYTES } from "../../config/functions.ts";
import { apiHandler, createApi } from "../../functions/api/app.ts";
import { createSearch, searchHandler } from "../../functions/search/app.ts";
import { definePlugin } from "../../kit/index.ts";
import { basicauth } from "../../plugins/basicauth/index.ts";
import { search } from "../../plugins/search/index.ts";
import { startTestStore, type TestStore } from "../../testing/index.ts";

const AUTHORIZATION = `Basic ${Buffer.from("alice:secret").toString("base64")}`;
const JSON_TYPE = { "content-type": "application/json" };
const PATCH_TYPE = { "content-type": "application/json-patch+json" };
const COLLECTION = "/v1/buckets/b/collections/c";

/** Answers with what a route sees of the request. */
const mirror = definePlugin({
  name: "mirror",
  about: "Shows requests.",
  routes: {
    "GET /mirror/:name": {
      about: "Answers with the request.",
      run: ({ params, path, query, headers }) => ({
        status: 200,
        headers: { "content-type": "application/json" },
        body: JSON.stringify({
          params,
          path,
          query,
          cookie: headers.cookie ?? null,
          twice: headers["x-twice"] ?? null,
        }),
      }),
    },
    "GET /text/:type": {
      about: "Answers with 2,000 letters.",
      run: ({ params }) => ({
        status: 200,
        headers: { "content-type": `${params.type}/plain` },
        body: "a".repeat(2000),
      }),
    },
    "GET /large": {
      about: "Answers with more than Lambda accepts.",
      run: () => ({ status: 200, headers: { "content-type": "text/plain", etag: '"1"' }, body: '"'.repeat(3_300_000) }),
    },
  },
});

/** A request as a client sends it, and what HTTP APIs make of it. */
interface Row {
  readonly target: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: Buffer | string;
  /** What differs from the target, no headers, and no body in the event. */
  readonly event: Partial<APIGatewayProxyEventV2>;
}

/** Every row is from AWS's documentation, or from recorded events that `local/gateway-event.ts` names. */
const ROWS: readonly Row[] = [
  { target: "/v1/mirror/a%2Fb", event: { rawPath: "/v1/mirror/a/b" } },
  { target: "/v1/mirror/a%3Fb=1?c=2", event: { rawPath: "/v1/mirror/a", rawQueryString: "c=2" } },
  { target: "/v1/mirror/a%23b", event: { rawPath: "/v1/mirror/a#b" } },
  { target: "/v1/mirror/50%25", event: { rawPath: "/v1/mirror/50%" } },
  { target: "/v1/mirror/%252F", event: { rawPath: "/v1/mirror/%2F" } },
  { target: "/v1/mirror/M%C3%BCnchen", event: { rawPath: "/v1/mirror/München" } },
  { target: "/v1/mirror/a+b%20c", event: { rawPath: "/v1/mirror/a+b c" } },
  { target: "/v1/mirror/%5Ca%0D%0Ab", event: { rawPath: "/v1/mirror/\\a\r\nb" } },
  {
    target: "/v1/mirror/x?q=%2Fa%3Fb&q=c%20d",
    event: { rawPath: "/v1/mirror/x", rawQueryString: "q=%2Fa%3Fb&q=c%20d" },
  },
  { target: "/mirror/M%C3%BCnchen?a=%C3%BC", event: { rawPath: "/mirror/München", rawQueryString: "a=%C3%BC" } },
  { target: "/v1/mirror/M%C3%BCnchen/", event: { rawPath: "/v1/mirror/München/" } },
  { target: "/v1/nowhere/M%C3%BCnchen", event: { rawPath: "/v1/nowhere/München" } },
  { target: "/v1/buckets/M%C3%BCnchen", event: { rawPath: "/v1/buckets/München" } },
  { target: `${COLLECTION}/records/a%2Fb`, event: { rawPath: `${COLLECTION}/records/a/b` } },
  {
    target: `${COLLECTION}/records?_limit=1&a=%C3%BC`,
    event: { rawPath: `${COLLECTION}/records`, rawQueryString: "_limit=1&a=%C3%BC" },
  },
  {
    target: `${COLLECTION}/%72ecords?_limit=1`,
    event: { rawPath: `${COLLECTION}/records`, rawQueryString: "_limit=1" },
  },
  {
    target: "/v1/mirror/x",
    headers: { cookie: "a=1; b=2", "x-twice": ["1", "2"] },
    event: { cookies: ["a=1", "b=2"], headers: { "x-twice": "1,2" } },
  },
  { target: "/v1/", method: "POST", headers: JSON_TYPE, body: "{", event: { headers: JSON_TYPE, body: "{" } },
  ...["application/json", "Application/JSON; charset=utf-8"].map((type): Row => {
    const body = '{"data":{"title":"ü \\" \\u0001"}}';
    const headers = { "content-type": type };
    return { target: `${COLLECTION}/records/r`, method: "PUT", headers, body, event: { headers, body } };
  }),
  {
    target: `${COLLECTION}/records/r`,
    method: "PUT",
    headers: JSON_TYPE,
    body: '\ufeff{"data":{"title":"byte order mark"}}',
    event: { headers: JSON_TYPE, body: '\ufeff{"data":{"title":"byte order mark"}}' },
  },
  {
    target: `${COLLECTION}/records/r`,
    method: "PUT",
    body: '{"data":{"title":"no type"}}',
    event: { body: Buffer.from('{"data":{"title":"no type"}}').toString("base64"), isBase64Encoded: true },
  },
  {
    target: `${COLLECTION}/records/r`,
    method: "PUT",
    headers: JSON_TYPE,
    body: Buffer.from('{"data":{"title":"\xfc"}}', "latin1"),
    event: { headers: { ...JSON_TYPE, "content-length": "22" }, body: '{"data":{"title":"\ufffd"}}' },
  },
  {
    target: `${COLLECTION}/records/r`,
    method: "PUT",
    headers: JSON_TYPE,
    body: '{"data":{"title":"\ufffd"}}',
    event: { headers: { ...JSON_TYPE, "content-length": "24" }, body: '{"data":{"title":"\ufffd"}}' },
  },
  {
    target: `${COLLECTION}/records/r`,
    method: "PATCH",
    headers: PATCH_TYPE,
    body: '[{"op":"test","path":"/data/id","value":"r"}]',
    event: {
      headers: PATCH_TYPE,
      body: Buffer.from('[{"op":"test","path":"/data/id","value":"r"}]').toString("base64"),
      isBase64Encoded: true,
    },
  },
  {
    target: `${COLLECTION}/search`,
    method: "POST",
    headers: JSON_TYPE,
    body: "{}",
    event: { headers: JSON_TYPE, body: "{}" },
  },
  {
    target: `${COLLECTION}/search`,
    method: "OPTIONS",
    headers: { "access-control-request-method": "POST" },
    event: { headers: { "access-control-request-method": "POST" } },
  },
  {
    target: `${COLLECTION}/records`,
    headers: { "accept-encoding": "gzip" },
    event: { headers: { "accept-encoding": "gzip" } },
  },
  { target: "/v1/large", event: {} },
];

/** The same fields of every response. */
interface Answer {
  readonly status: number | undefined;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
}

let store: TestStore;
let functions: Awaited<ReturnType<typeof openFunctions>>;

/** Opens the functions a second time, on the engines of the store. */
const openFunctions = async (options: TestStore["cloud"]["options"]) => {
  const [api, searches] = [await createApi(options), await createSearch(options)];
  return { api: apiHandler(api), search: searchHandler(searches) };
};

beforeAll(async () => {
  store = await startTestStore({ plugins: [basicauth(), search({ domain: "none" }), mirror()] });
  functions = await openFunctions(store.cloud.options);
  await store.put("/buckets/b");
  await store.put("/buckets/b/collections/c");
  for (const id of ["r", "s"])
    await store.put(`/buckets/b/collections/c/records/${id}`, { data: { text: "a".repeat(2000) } });
  await store.drain();
});
afterAll(() => store.close());

const send = ({ target, method = "GET", headers = {}, body }: Row): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const { port } = new URL(store.url);
    const all = { host: "localhost", origin: "https://app.example", authorization: AUTHORIZATION, ...headers };
    const outgoing = request(
      {
        host: "127.0.0.1",
        port,
        path: target,
        method,
        headers: { ...all, ...(body !== undefined && { "content-length": Buffer.byteLength(body) }) },
      },
      (response) => resolve(readResponse(response)),
    );
    outgoing.once("error", reject).end(body);
  });

const readResponse = async (response: IncomingMessage): Promise<Answer> => {
  const body = Buffer.concat(await response.toArray());
  return {
    status: response.statusCode,
    headers: response.headers,
    body: decode(body, response.headers["content-encoding"]),
  };
};

const decode = (body: Buffer, encoding: unknown): string =>
  (encoding === "gzip" ? gunzipSync(body) : encoding === "br" ? brotliDecompressSync(body) : body).toString("utf8");

/** Calls the function with an event of AWS's form. */
const call = async ({ target, method = "GET", event }: Row): Promise<Answer> => {
  const isSearch = method === "POST" && target.endsWith("/search");
  const rawPath = event.rawPath ?? target;
  const result = await functions[isSearch ? "search" : "api"]({
    version: "2.0",
    routeKey: "$default",
    rawQueryString: "",
    requestContext: { requestId: "JKJaXmPLvHcESHA=", http: { method, path: rawPath } },
    isBase64Encoded: false,
    ...event,
    rawPath,
    headers: {
      host: "localhost",
      origin: "https://app.example",
      authorization: AUTHORIZATION,
      "x-forwarded-proto": "http",
      ...event.headers,
    },
  } as unknown as APIGatewayProxyEventV2);
  return toAnswer(result);
};

const toAnswer = ({
  statusCode,
  headers = {},
  body = "",
  isBase64Encoded,
}: APIGatewayProxyStructuredResultV2): Answer => {
  const lower = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
  return {
    status: statusCode,
    headers: lower,
    body: decode(Buffer.from(body, isBase64Encoded ? "base64" : "utf8"), lower["content-encoding"]),
  };
};

/** Without what differs between any two responses. */
const comparable = ({ status, headers, body }: Answer) => {
  const { date, connection, "keep-alive": _, "apigw-requestid": _id, "content-length": _length, ...others } = headers;
  const { etag: _etag, "last-modified": _modified, "next-page": next, expires: _expires, ...compared } = others;
  return {
    status,
    headers: { ...compared, ...(next !== undefined && { "next-page": String(next).replace(/_token=.*/, "") }) },
    body: body.replace(/"last_modified":\d+/g, '"last_modified":0').replace(/"took":\d+/g, '"took":0'),
  };
};

describe("a request through the gateway and as an event of AWS", () => {
  it.each(ROWS.map((row, index): [string, Row] => [`${index}: ${row.method ?? "GET"} ${row.target}`, row]))(
    "%s is answered alike",
    async (_, row) => {
      const [sent, called] = [await send(row), await call(row)];

      expect(comparable(sent)).toEqual(comparable(called));
      for (const value of Object.values(called.headers)) expect(value).toMatch(/^[\x20-\x7e]*$/);
    },
  );

  it.each([
    ["/v1/mirror/50%25", { params: { name: "50%" }, path: "/mirror/50%25" }],
    ["/v1/mirror/%252F", { params: { name: "%2F" }, path: "/mirror/%252F" }],
    ["/v1/mirror/M%C3%BCnchen", { params: { name: "München" }, path: "/mirror/M%C3%BCnchen" }],
    ["/v1/mirror/a%23b?c=%23", { params: { name: "a#b" }, path: "/mirror/a%23b", query: "c=%23" }],
    ["/v1/mirror/a%3Fb?c=1", { params: { name: "a" }, path: "/mirror/a", query: "c=1" }],
  ])("%s reaches a route as %j", async (target, expected) => {
    expect(JSON.parse((await send({ target, event: {} })).body)).toMatchObject(expected);
  });

  it("takes a slash that was encoded for one of the path", async () => {
    expect((await send({ target: "/v1/mirror/a%2Fb", event: {} })).status).toBe(404);
    expect((await send({ target: "/v1%2Fmirror%2Fx", event: {} })).status).toBe(200);
  });

  it("gives routes the cookies, and headers that were sent twice joined", async () => {
    const headers = { cookie: "a=1; b=2", "x-twice": ["1", "2"] };
    const { body } = await send({ target: "/v1/mirror/x", headers, event: {} });

    expect(JSON.parse(body)).toMatchObject({ cookie: "a=1; b=2", twice: "1,2" });
  });

  it("redirects and pages with links that are valid URLs", async () => {
    const { status, headers } = await send({ target: "/mirror/M%C3%BCnchen%25?a=%C3%BC", event: {} });
    expect([status, headers.location]).toEqual([307, "http://localhost/v1/mirror/M%C3%BCnchen%25?a=%C3%BC"]);
    const unencoded = await call({ target: "", event: { rawPath: "/mirror/ü", rawQueryString: "a=ü b" } });
    expect(unencoded.headers.location).toBe("http://localhost/v1/mirror/%C3%BC?a=%C3%BC%20b");
    const page = await send({ target: `${COLLECTION}/records?_limit=1`, event: {} });
    expect(page.headers["next-page"]).toMatch(
      /^http:\/\/localhost\/v1\/buckets\/b\/collections\/c\/records\?_limit=1&_token=[\w.-]+$/,
    );
  });

  it("refuses a body that was replaced because it was not UTF-8, but not one with the replacement character", async () => {
    const row = { target: `${COLLECTION}/records/u`, method: "PUT", headers: JSON_TYPE, event: {} };
    const bad = await send({ ...row, body: Buffer.from('{"data":{"title":"\xfc"}}', "latin1") });
    expect([bad.status, JSON.parse(bad.body).message]).toEqual([400, "Invalid JSON: the body is not UTF-8"]);
    expect((await send({ ...row, body: '{"data":{"title":"\ufffd"}}' })).status).toBe(201);
  });
});

describe("the size of a body", () => {
  const put = (body: Buffer, headers: Record<string, string> = JSON_TYPE) =>
    send({ target: `${COLLECTION}/records/big`, method: "PUT", headers, body, event: {} });
  const spaces = (bytes: number) => Buffer.from("{}".padEnd(bytes, " "));

  it("is limited by the function, which answers with errno 113 and CORS headers", async () => {
    expect((await put(spaces(MAX_TEXT_BODY_BYTES))).status).toBe(201);
    const tooLarge = await put(spaces(MAX_TEXT_BODY_BYTES + 1));
    expect([tooLarge.status, JSON.parse(tooLarge.body), tooLarge.headers["access-control-allow-origin"]]).toEqual([
      413,
      {
        code: 413,
        errno: 113,
        error: "Request Entity Too Large",
        message: "The body has 5000001 bytes; 5000000 are accepted. Send less at once.",
      },
      "*",
    ]);
  });

  it("is lower for types that the gateway encodes in base64", async () => {
    expect((await put(spaces(MAX_BASE64_BODY_BYTES), {})).status).toBe(200);
    const tooLarge = await put(spaces(MAX_BASE64_BODY_BYTES + 1), {});
    expect([tooLarge.status, JSON.parse(tooLarge.body).errno]).toEqual([413, 113]);
  });

  it("counts as JSON in Lambda's limit, above which the gateway answers itself", async () => {
    for (const [body, headers] of [
      [Buffer.from(`{"data":{"a":"${'\\"'.repeat(1_800_000)}"}}`), JSON_TYPE],
      [spaces(6_300_000), JSON_TYPE],
      [spaces(4_800_000), {}],
    ] as const) {
      const { status, body: text, headers: answered } = await put(body, headers);
      expect([status, text, answered["access-control-allow-origin"]]).toEqual([
        413,
        '{"message":"Request Entity Too Large"}',
        undefined,
      ]);
    }
  });

  it("of a response is limited by the function, which keeps its CORS headers", async () => {
    const { status, headers, body } = await send({ target: "/v1/large", event: {} });
    expect([status, headers["access-control-allow-origin"], headers.etag, JSON.parse(body).errno]).toEqual([
      413,
      "*",
      undefined,
      113,
    ]);
    expect((await send({ target: "/v1/large", headers: { "accept-encoding": "gzip" }, event: {} })).status).toBe(200);
  });
});
