import { afterAll, beforeAll, expect, it } from "@jest/globals";
import { definePlugin, jsonResponse } from "@kintoun/kit";
import type { APIGatewayProxyEventV2 } from "aws-lambda";
import * as z from "zod";
import { readConfig } from "../../../config/config.ts";
import { type ApiApp, apiHandler, createApi } from "../../../functions/api/app.ts";
import { basicauth } from "../../../plugins/basicauth/index.ts";
import { defaultBucket } from "../../../plugins/default-bucket/index.ts";
import { search } from "../../../plugins/search/index.ts";
import { webhooks } from "../../../plugins/webhooks/index.ts";
import { startStore, type TestStore } from "../../start-store.ts";

const parts = definePlugin({
  name: "parts",
  about: "Has a route, a resource and an action.",
  resources: { note: { plural: "notes", about: "A note." } },
  routes: {
    "POST /greetings": {
      about: "Greets users.",
      for: "user",
      input: z.object({ body: z.object({ name: z.string() }) }),
      run: ({ input }) => jsonResponse(input),
    },
    "PUT /buckets/:bucket/summary": {
      about: "Replaces a summary.",
      permission: { on: "/buckets/:bucket", permission: "write" },
      run: ({ json }) => jsonResponse(json() ?? null),
    },
  },
  actions: {
    wait: {
      about: "Does nothing.",
      on: ["server", "bucket"],
      principals: () => ["system.Authenticated"],
      run: () => null,
    },
  },
});
const PLUGINS = [basicauth(), defaultBucket(), search(), webhooks(), parts()];
const RECORDS = "/buckets/b/collections/c/records";

let store: TestStore;
let api: ApiApp;
beforeAll(async () => {
  store = await startStore({ plugins: PLUGINS });
  await store.put("/buckets/b");
  await store.put("/buckets/b/collections/c");
  await store.put(`${RECORDS}/r`, { data: { card: "4111" } });
  api = await createApi({ ...store.cloud.options, config: readConfig({ plugins: PLUGINS }) });
});
afterAll(async () => {
  await api.close();
  await store.close();
});

/** Sends a request to the function. Returns the status and how often it has read the body. */
const send = async (method: string, path: string, { as, body }: { as?: string; body?: string } = {}) => {
  let reads = 0;
  const event = {
    rawPath: `/v1${path}`,
    rawQueryString: "",
    headers: {
      host: "localhost",
      "content-type": "application/json",
      ...(as !== undefined && { authorization: `Basic ${Buffer.from(`${as}:secret`).toString("base64")}` }),
    },
    requestContext: { requestId: "test", http: { method } },
    isBase64Encoded: false,
    get body() {
      reads++;
      return body ?? '{"data":{"id":"other"}}';
    },
  } as unknown as APIGatewayProxyEventV2;
  const { statusCode } = await apiHandler(api)(event);
  return { status: statusCode, reads };
};

const PATHS: readonly (readonly [method: string, path: string])[] = [
  ...["/buckets", "/buckets/b/groups", "/buckets/b/collections", RECORDS, "/notes"].flatMap((list) => [
    ["POST", list] as const,
    ["DELETE", list] as const,
    ...["PUT", "PATCH", "DELETE"].map((method) => [method, `${list}/b`] as const),
  ]),
  ["PUT", `${RECORDS}/r`],
  ["PATCH", `${RECORDS}/r`],
  ["PUT", "/buckets/default"],
  ["POST", "/buckets/default/collections"],
  ["POST", "/buckets/b/collections/c/search"],
  ["POST", "/actions/wait"],
  ["POST", "/buckets/b/actions/wait"],
  ["POST", "/greetings"],
  ["PUT", "/buckets/b/summary"],
];

it.each(PATHS)("an anonymous %s of %s is refused before its body is read", async (method, path) => {
  expect(await send(method, path)).toEqual({ status: 401, reads: 0 });
});

it.each([
  ["POST", "/buckets/b/groups"],
  ["POST", "/buckets/b/collections"],
  ["POST", RECORDS],
  ["PUT", `${RECORDS}/r`],
  ["PATCH", "/buckets/b"],
  ["POST", "/buckets/b/collections/c/search"],
  ["PUT", "/buckets/b/summary"],
])("a %s of %s by a user without a permission is refused before its body is read", async (method, path) => {
  expect(await send(method, path, { as: "eve" })).toEqual({ status: 403, reads: 0 });
});

it("refuses other methods, media types and missing parents before the body is read", async () => {
  expect(await send("PUT", "/buckets", { as: "alice" })).toEqual({ status: 405, reads: 0 });
  expect(await send("POST", "/buckets/none/collections/none/records", { as: "alice" })).toEqual({
    status: 404,
    reads: 0,
  });
  expect(await send("POST", "/nowhere", { as: "alice" })).toEqual({ status: 404, reads: 0 });
});

it("reads the body once when the user may create", async () => {
  expect(await send("POST", RECORDS, { as: "alice" })).toEqual({ status: 201, reads: 1 });
  expect(await send("POST", RECORDS, { as: "alice" })).toEqual({ status: 200, reads: 1 });
  expect(await send("POST", RECORDS, { as: "alice", body: "{}" })).toEqual({ status: 201, reads: 1 });
});

it("returns an existing object that is shared with a user who may not create", async () => {
  const bob = await store.userId("bob");
  const group = "/buckets/b/groups/readers";
  await store.put(group, { data: { members: [bob] } });
  await store.put(`${RECORDS}/shared`, { data: { n: 1 }, permissions: { read: [group] } });
  const post = (id: string) => store.post(RECORDS, { data: { id } }, { as: "bob" });
  expect(await post("shared")).toMatchObject({ status: 200, body: { data: { n: 1 } } });
  expect((await post("r")).status).toBe(403);
  expect((await post("none")).status).toBe(403);
});
