import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import type { Operations, Send } from "../../adapters/store/dynamodb/operations.ts";
import { countCalls } from "../../bench/calls.ts";
import { Failure } from "../../core/errors.ts";
import { type ApiApp, createApi } from "../../functions/api/app.ts";
import type { Json } from "../../lib/json.ts";
import { requestApi } from "../request-api.ts";
import { startStore, type TestResponse, type TestStore } from "../start-store.ts";
import { wrapRequests } from "../wrap-requests.ts";

interface Part {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Record<string, string>;
  readonly body?: Json;
}

interface Response {
  readonly status: number;
  readonly path: string;
  readonly headers: Record<string, string>;
  // biome-ignore lint/suspicious/noExplicitAny: tests assert the shape of the body
  readonly body: any;
}

let store: TestStore;
let alice: string;
let bob: string;
/** Runs before each transaction is sent. */
let meanwhile: () => Promise<void> = async () => undefined;
let transactions: number[] = [];
const calls = countCalls();
const wrap = (send: Send): Send => {
  const counted = calls.wrap(send);
  return async <Name extends keyof Operations>(operation: Name, input: Operations[Name][0]) => {
    if (operation === "TransactWriteItems") {
      await meanwhile();
      transactions.push("TransactItems" in input ? (input.TransactItems?.length ?? 0) : 0);
    }
    return counted(operation, input);
  };
};

beforeAll(async () => {
  store = await startStore({ wrap: wrapRequests(wrap), settings: { batchMaxRequests: 60 } });
  [alice, bob] = await Promise.all([store.userId("alice"), store.userId("bob")]);
});
afterAll(() => store.close());

let counter = 0;
const newBucket = async () => {
  const bucket = `/buckets/b${counter++}`;
  await store.put(bucket);
  return bucket;
};
const newRecords = async () => {
  const bucket = await newBucket();
  await store.put(`${bucket}/collections/c`);
  return `${bucket}/collections/c/records`;
};
const authorization = (user: string) => `Basic ${Buffer.from(`${user}:secret`).toString("base64")}`;
const send = (requests: readonly Part[], defaults?: Part): Promise<TestResponse> =>
  store.post("/batch", { ...(defaults && { defaults }), requests });
const batch = async (requests: readonly Part[], defaults?: Part): Promise<readonly Response[]> => {
  const { status, body } = await send(requests, defaults);
  expect({ status, refused: status === 200 ? undefined : body }).toEqual({ status: 200, refused: undefined });
  return body.responses;
};
const statuses = (responses: readonly Response[]) => responses.map(({ status }) => status);
const ids = ({ body }: Pick<Response, "body">) => body.data.map(({ id }: { id: string }) => id);
const put = (path: string, data: Json = {}): Part => ({ method: "PUT", path, body: { data } });

describe("batch", () => {
  it("responds to each request in order, like to a single request", async () => {
    const records = await newRecords();
    const responses = await batch([
      put(`${records}/r`, { n: 1 }),
      { path: `${records}/r` },
      { path: `${records}/none` },
      { method: "DELETE", path: `${records}/r` },
    ]);

    expect(responses).toMatchObject([
      { status: 201, path: `/v1${records}/r`, body: { data: { id: "r", n: 1 }, permissions: { write: [alice] } } },
      { status: 200, path: `/v1${records}/r`, body: responses[0]?.body },
      {
        status: 404,
        path: `/v1${records}/none`,
        body: { code: 404, errno: 110, details: { id: "none", resource_name: "record" } },
      },
      { status: 200, path: `/v1${records}/r`, body: { data: { id: "r", deleted: true } } },
    ]);
    expect(responses[0]?.headers).toMatchObject({
      ETag: `"${responses[0]?.body.data.last_modified}"`,
      "Content-Type": "application/json",
    });
    expect(await store.get(`${records}?_since=0`)).toMatchObject({ body: { data: [responses[3]?.body.data] } });
  });

  it("returns no responses for no requests", async () => {
    expect(await batch([])).toEqual([]);
  });

  it("merges defaults into each request, including headers and bodies", async () => {
    const records = await newRecords();
    const responses = await batch(
      [
        {},
        { path: `/v1${records}`, body: { data: { deep: { own: 2 } } } },
        { headers: { Authorization: authorization("bob") } },
        { body: { data: { id: "there" } }, headers: { "If-None-Match": "*" } },
        { body: { data: { id: "there" } } },
      ],
      {
        method: "POST",
        path: records,
        headers: { "If-None-Match": "*" },
        body: { data: { deep: { common: 1 } }, permissions: { read: ["system.Everyone"] } },
      },
    );

    expect(statuses(responses)).toEqual([201, 201, 403, 201, 412]);
    expect(responses.flatMap(({ body }) => (body.data ? [body.data.deep] : []))).toEqual([
      { common: 1 },
      { own: 2, common: 1 },
      { common: 1 },
    ]);
    expect(responses[1]?.body.permissions).toEqual({ read: ["system.Everyone"], write: [alice] });
  });

  it.each(["a%2Fb", "a%3Fb", "a%252Fb", "%zz", "a%0Ab"])("answers the path %s as outside of a batch", async (id) => {
    const [records, others] = [await newRecords(), await newRecords()];
    const alone = [await store.get(`${others}/${id}`), await store.put(`${others}/${id}`)];
    const responses = await batch([{ path: `${records}/${id}` }, put(`${records}/${id}`)]);

    expect(statuses(responses)).toEqual(alone.map(({ status }) => status));
  });

  it("accepts paths with and without version, percent-encoded, and with a trailing slash", async () => {
    const records = await newRecords();
    const responses = await batch([
      put(`${records}/%61b`),
      { path: `/v1${records}/ab` },
      { path: `${records}/ab/` },
      { path: `${records}?_since=%220%22&eq_id=ab` },
      { path: "/" },
      { path: "/v1" },
    ]);

    expect(responses.map(({ status, path }) => [status, path])).toEqual([
      [201, `/v1${records}/ab`],
      [200, `/v1${records}/ab`],
      [200, `/v1${records}/ab`],
      [200, `/v1${records}`],
      [200, "/v1/"],
      [200, "/v1/"],
    ]);
    expect(ids(responses[3] as Response)).toEqual(["ab"]);
    expect(responses[4]?.body.user.id).toBe(alice);
  });

  it("returns headers and an empty body for HEAD", async () => {
    const records = await newRecords();
    const [one, , list, missing] = await batch([
      put(`${records}/r`),
      { method: "HEAD", path: `${records}/r` },
      { method: "HEAD", path: records },
      { method: "HEAD", path: `${records}/none` },
    ]);

    expect([list?.status, list?.body, list?.headers["Total-Objects"]]).toEqual([200, "", "1"]);
    expect(list?.headers.ETag).toBe(one?.headers.ETag);
    expect([missing?.status, missing?.body]).toEqual([404, ""]);
  });

  it("responds to preconditions like to a single request", async () => {
    const records = await newRecords();
    const there = (await store.put(`${records}/r`, { data: { n: 1 } })).body.data;
    const [fresh, changed, lost, absent] = await batch([
      { path: `${records}/r`, headers: { "If-None-Match": `"${there.last_modified}"` } },
      { ...put(`${records}/r`, { n: 2 }), headers: { "If-Match": `"${there.last_modified}"` } },
      { ...put(`${records}/r`, { n: 3 }), headers: { "If-Match": `"${there.last_modified}"` } },
      { ...put(`${records}/s`), headers: { "If-Match": "*" } },
    ]);

    expect(fresh).toMatchObject({ status: 304, headers: { ETag: `"${there.last_modified}"` } });
    expect(changed).toMatchObject({ status: 200, body: { data: { n: 2 } } });
    expect(lost).toMatchObject({ status: 412, body: { errno: 114, details: { existing: changed?.body.data } } });
    expect(absent).toMatchObject({ status: 412 });
    expect((await store.get(`${records}/r`)).body.data).toEqual(changed?.body.data);
  });

  it("authenticates each request by its own credentials", async () => {
    const bucket = await newBucket();
    const responses = await batch([
      { path: "/" },
      { path: "/", headers: { Authorization: authorization("bob") } },
      { path: "/", headers: { authorization: "" } },
      { path: bucket },
      { path: bucket, headers: { AUTHORIZATION: authorization("bob") } },
      { path: bucket, headers: { Authorization: "" } },
    ]);

    expect(responses.slice(0, 3).map(({ body }) => body.user?.id)).toEqual([alice, bob, undefined]);
    expect(statuses(responses.slice(3))).toEqual([200, 403, 401]);
  });

  it("treats all bodies as JSON, whatever their content type", async () => {
    const records = await newRecords();
    const [, patched] = await batch([
      put(`${records}/r`, { a: { b: 1, c: 2 } }),
      {
        method: "PATCH",
        path: `${records}/r`,
        headers: { "Content-Type": "application/merge-patch+json" },
        body: { data: { a: { b: null } } },
      },
    ]);

    expect(patched?.body.data.a).toEqual({ b: null });
  });
});

describe("batch with an invalid request", () => {
  it.each<[string, unknown, string]>([
    ["without requests", {}, "requests in body: Required"],
    ["with requests that are not a list", { requests: "x" }, 'requests in body: "x" is not iterable'],
    [
      "with an invalid request",
      { requests: [{ path: "/" }, 1] },
      'requests.1 in body: "1" is not a mapping type: Does not implement dict-like functionality.',
    ],
    ["without a path", { requests: [{}] }, "requests.0.path in body: Required"],
    [
      "with a relative path",
      { requests: [{ path: "buckets" }] },
      "requests.0.path in body: String does not match expected pattern",
    ],
    [
      "with an unknown method",
      { requests: [{ path: "/", method: "OPTIONS" }] },
      'requests.0.method in body: "OPTIONS" is not one of GET, HEAD, DELETE, TRACE, POST, PUT, PATCH',
    ],
    [
      "with a nested batch",
      { requests: [{ method: "POST", path: "/batch" }] },
      "requests in body: Recursive call on /batch endpoint is forbidden.",
    ],
    [
      "with a nested batch with the version in its path",
      { requests: [{ method: "POST", path: "/v1/batch/" }] },
      "requests in body: Recursive call on /batch endpoint is forbidden.",
    ],
    [
      "with a nested batch in the defaults",
      { defaults: { path: "/batch" }, requests: [{}] },
      "requests in body: Recursive call on /batch endpoint is forbidden.",
    ],
    [
      "with more requests than the settings allow",
      { requests: Array(61).fill({ path: "/" }) },
      "Number of requests is limited to 60",
    ],
  ])("%s", async (_, body, message) => {
    expect(await store.post("/batch", body)).toMatchObject({
      status: 400,
      body: { code: 400, errno: 107, message: expect.stringContaining(message) },
    });
  });

  it("returns 400 for invalid headers, bodies and keys", async () => {
    for (const part of [{ headers: { a: 1 } }, { headers: [] }, { body: "x" }, { body: [1] }, { uri: "/" }]) {
      expect(await store.post("/batch", { requests: [{ path: "/", ...part }] })).toMatchObject({
        status: 400,
        body: { errno: 107 },
      });
      expect(await store.post("/batch", { defaults: part, requests: [{ path: "/" }] })).toMatchObject({
        status: 400,
        body: { errno: 107 },
      });
    }
  });

  it("checks the number of requests before it adds the defaults to each", async () => {
    const requests: Part[] = Array.from({ length: 60 }, () => ({ headers: {} }));
    expect((await send([...requests, { path: "no slash" }])).body.message).toContain("limited to 60");
    const headers = { path: "/", headers: { a: "x".repeat(110_000) } };
    expect(await send(requests, headers)).toMatchObject({
      status: 413,
      body: { errno: 113, message: expect.stringContaining("60 requests get them") },
    });
    expect((await send(requests.slice(0, 2), headers)).status).toBe(200);
  });

  it("runs no request when one cannot be parsed", async () => {
    const records = await newRecords();
    expect((await send([put(`${records}/r`), { path: "nowhere" }])).status).toBe(400);
    expect((await store.get(records)).body.data).toEqual([]);
  });

  it("rejects other methods and media types", async () => {
    expect(await store.get("/batch")).toMatchObject({ status: 405 });
    expect((await store.get("/batch")).headers.get("allow")).toBe("POST, OPTIONS");
    expect((await store.post("/batch", { requests: [] }, { headers: { "content-type": "text/plain" } })).status).toBe(
      415,
    );
  });
});

describe("change in a batch", () => {
  it("is visible to later requests", async () => {
    const bucket = `/buckets/b${counter++}`;
    const records = `${bucket}/collections/c/records`;
    const responses = await batch([
      { path: bucket },
      { method: "PUT", path: bucket },
      { method: "PUT", path: `${bucket}/collections/c` },
      put(`${records}/a`, { n: 3, kind: "x" }),
      put(`${records}/b`, { n: 1, kind: "x" }),
      put(`${records}/c`, { n: 2, kind: "y" }),
      put(`${records}/d`, { n: 2, kind: "x" }),
      { path: `${records}?kind=x&_sort=n` },
      { path: `${records}?min_n=2&_sort=-kind,n&_limit=2` },
      { method: "HEAD", path: `${records}?kind=x` },
      { method: "PATCH", path: `${records}/b`, body: { data: { kind: "y" } } },
      { method: "DELETE", path: `${records}/a` },
      { method: "HEAD", path: records },
      { path: records },
      { path: `${records}?_since=0` },
      { path: `${records}/a` },
      { method: "DELETE", path: `${records}?kind=y` },
      { path: `${records}?_since=0` },
      { method: "POST", path: records, body: { data: { id: "d", n: 9 } } },
      { path: `${bucket}/collections` },
    ]);

    expect(statuses(responses)).toEqual([
      403, 201, 201, 201, 201, 201, 201, 200, 200, 200, 200, 200, 200, 200, 200, 404, 200, 200, 200, 200,
    ]);
    const at = (place: number) => responses[place] as Response;
    expect(ids(at(7))).toEqual(["b", "d", "a"]);
    expect(ids(at(8))).toEqual(["c", "d"]);
    expect(at(8).headers["Next-Page"]).toContain(`${store.url}${records}?`);
    expect(at(9).headers["Total-Objects"]).toBe("3");
    expect(at(12).headers["Total-Objects"]).toBe("3");
    expect(ids(at(13))).toEqual(["b", "d", "c"]);
    expect(at(14).body.data[0]).toEqual(at(11).body.data);
    expect(ids(at(14))).toEqual(["a", "b", "d", "c"]);
    expect(ids(at(16)).toSorted()).toEqual(["b", "c"]);
    expect(at(17).body.data.filter(({ deleted }: { deleted?: boolean }) => deleted)).toHaveLength(3);
    expect(at(18).body.data).toMatchObject({ id: "d", n: 2 });
    expect(ids(at(19))).toEqual(["c"]);

    const after = await store.get(`${records}?_since=0`);
    expect(after.body).toEqual(at(17).body);
    expect(after.headers.get("etag")).toBe(at(17).headers.ETag);
    expect((await store.get(at(8).headers["Next-Page"] ?? "")).body.data).toEqual([]);
  });

  it("has its own timestamp, later than earlier ones", async () => {
    const records = await newRecords();
    const responses = await batch(Array.from({ length: 10 }, (_, n) => put(`${records}/r${n % 3}`, { n })));

    const times = responses.map(({ body }) => body.data.last_modified);
    expect(times).toEqual([...new Set(times)].toSorted((a, b) => a - b));
    expect((await store.get(records)).headers.get("etag")).toBe(`"${times.at(-1)}"`);
  });

  it("grants permissions and group memberships to later requests", async () => {
    const bucket = await newBucket();
    const records = `${bucket}/collections/c/records`;
    const asBob = { headers: { Authorization: authorization("bob") } };
    const responses = await batch([
      { path: `${bucket}/collections/c`, ...asBob },
      { method: "PUT", path: `${bucket}/collections/c`, body: { permissions: { read: [bob] } } },
      { path: records, ...asBob },
      { ...put(`${records}/r`), ...asBob },
      { method: "PATCH", path: bucket, body: { permissions: { write: [`${bucket}/groups/g`] } } },
      { ...put(`${records}/r`), ...asBob },
      put(`${bucket}/groups/g`, { members: [bob] }),
      { path: "/", ...asBob },
      { ...put(`${records}/r`), ...asBob },
      { path: `/permissions?bucket_id=${bucket.slice(9)}&resource_name=bucket`, ...asBob },
      { method: "PATCH", path: `${bucket}/groups/g`, body: { data: { members: [] } } },
      { ...put(`${records}/s`), ...asBob },
      { method: "DELETE", path: `${records}/r`, ...asBob },
      { path: `${bucket}/collections`, ...asBob },
      { path: "/buckets", ...asBob },
    ]);

    expect(statuses(responses)).toEqual([403, 201, 200, 403, 200, 403, 201, 200, 201, 200, 200, 403, 200, 200, 200]);
    expect(responses[7]?.body.user.principals).toContain(`${bucket}/groups/g`);
    expect(responses[9]?.body.data).toMatchObject([
      { uri: bucket, permissions: expect.arrayContaining(["write", "read"]) },
    ]);
    expect(ids(responses[13] as Response)).toEqual(["c"]);
    expect(responses[14]?.body.data).toEqual([]);
  });

  it("may delete and recreate a bucket", async () => {
    const records = await newRecords();
    const [bucket, collection] = [records.replace("/collections/c/records", ""), records.replace("/records", "")];
    await store.put(`${records}/old`);
    await store.put(`${bucket}/groups/g`, { data: { members: [alice] } });

    const responses = await batch([
      { method: "DELETE", path: bucket },
      { path: `${records}/old` },
      { method: "PUT", path: bucket },
      { path: `${bucket}/collections` },
      { path: "/" },
      { method: "PUT", path: collection },
      { path: `${records}?_since=0` },
      put(`${records}/new`),
      { path: records },
    ]);

    expect(statuses(responses)).toEqual([200, 403, 201, 200, 200, 201, 200, 201, 200]);
    expect(responses[3]?.body.data).toEqual([]);
    expect(responses[4]?.body.user.principals).not.toContain(`${bucket}/groups/g`);
    expect(responses[6]?.body.data).toEqual([]);
    for (const list of [responses[8] as Response, await store.get(records)]) expect(ids(list)).toEqual(["new"]);
    await store.drain();
    expect(ids(await store.get(`${records}?_since=0`))).toEqual(["new"]);
    expect((await store.get(`${bucket}/groups`)).body.data).toEqual([]);
  });

  it("may revert an earlier one: a bucket created and deleted again", async () => {
    const bucket = `/buckets/b${counter++}`;
    expect(
      statuses(
        await batch([
          { method: "PUT", path: bucket },
          { method: "PUT", path: `${bucket}/collections/c` },
          { method: "DELETE", path: bucket },
          { path: `${bucket}/collections/c` },
          { method: "DELETE", path: bucket },
        ]),
      ),
    ).toEqual([201, 201, 200, 403, 403]);
    expect((await store.get(bucket)).status).toBe(403);
    await store.drain();
    expect((await store.put(bucket)).status).toBe(201);
    expect((await store.get(`${bucket}/collections`)).body.data).toEqual([]);
  });

  it("is discarded when its request fails, and kept when others fail", async () => {
    const records = await newRecords();
    const large = "x".repeat(410_000);
    const responses = await batch([
      put(`${records}/a`),
      put(`${records}/large`, { large }),
      put(`${records}/a`, { large }),
      put(`${records}/not an id`),
      put(`${records}/b`, { id: "other" }),
      { ...put("/buckets"), method: "PUT" },
      { path: "/nowhere" },
      put(`${records}/c`),
      { path: records },
    ]);

    expect(statuses(responses)).toEqual([201, 413, 413, 400, 400, 405, 404, 201, 200]);
    expect(ids(responses[8] as Response)).toEqual(["c", "a"]);
    expect((await store.get(records)).body).toEqual(responses[8]?.body);
    expect((await store.request(records, { method: "HEAD" })).headers.get("total-objects")).toBe("2");
  });
});

describe("batch with groups and bounds", () => {
  it.each([{ method: "PATCH", body: { data: { members: [] } } }, { method: "DELETE" }])(
    "takes a group's permissions from later requests of a removed member: %j",
    async (change) => {
      const bucket = await newBucket();
      await store.put(`${bucket}/groups/g`, { data: { members: [bob] } });
      await store.put(`${bucket}/collections/c`, { permissions: { read: [`${bucket}/groups/g`] } });
      const read = { path: `${bucket}/collections/c`, headers: { Authorization: authorization("bob") } };

      const responses = await batch([read, { ...change, path: `${bucket}/groups/g` }, read]);
      expect(statuses(responses)).toEqual([200, 200, 403]);
    },
  );

  it("counts a changed record once", async () => {
    const records = await newRecords();
    await store.put(`${records}/a`);
    await store.put(`${records}/b`);
    const responses = await batch([
      put(`${records}/a`, { n: 1 }),
      { method: "HEAD", path: `${records}?_since=0` },
      { method: "DELETE", path: `${records}/b` },
      { method: "HEAD", path: `${records}?_since=0` },
    ]);
    expect([responses[1], responses[3]].map((response) => response?.headers["Total-Objects"])).toEqual(["2", "1"]);
  });
});

describe("batch in the table", () => {
  /** Another instance of the function, which shares no mutex with the first. */
  let other: ApiApp;
  beforeAll(async () => {
    other = await createApi({ ...store.options, wrapSend: (plain) => plain });
  });
  afterAll(() => other.close());

  /** Runs an action once before the next transaction. */
  const once = (happens: () => Promise<unknown>) => {
    meanwhile = async () => {
      meanwhile = async () => undefined;
      await happens();
    };
  };
  const byOther = (path: string, data: Json) =>
    requestApi(other).request(`http://localhost/v1${path}`, {
      method: "PUT",
      headers: { authorization: authorization("alice"), "content-type": "application/json" },
      body: JSON.stringify({ data }),
    });

  it("is one transaction after one round of reads", async () => {
    const records = await newRecords();
    await store.drain();
    [transactions] = [[], calls.take()];
    const responses = await batch([
      ...Array.from({ length: 10 }, (_, i) => put(`${records}/r${i}`, { i })),
      ...Array.from({ length: 5 }, (_, i) => put(`${records}/r${i}`, { i: -i })),
      { method: "DELETE", path: `${records}/r0` },
      { path: `${records}/r1` },
      { method: "PUT", path: `${records.replace("/records", "")}2` },
    ]);

    expect(responses.every(({ status }) => status < 300)).toBe(true);
    // Ten records, a collection with its parent item, three clocks, and index items of the ten remaining records.
    expect(transactions).toEqual([25]);
    expect(calls.take().rounds).toBe(2);
  });

  it("runs no transaction when it only reads or when all requests fail", async () => {
    const records = await newRecords();
    await store.drain();
    transactions = [];
    await batch([{ path: records }, { path: `${records}/none` }, put(`${records}/no id`), { path: "/" }]);
    expect(transactions).toEqual([]);
  });

  it("writes nothing when the table fails", async () => {
    const records = await newRecords();
    once(async () => {
      throw new Failure("BACKEND");
    });
    const answer = await send([put(`${records}/a`), put(`${records}/b`)]);

    expect(answer).toMatchObject({ status: 503, body: { code: 503, errno: 201 } });
    expect(answer.headers.get("retry-after")).toMatch(/^[3-6]$/);
    expect((await store.get(`${records}?_since=0`)).body.data).toEqual([]);
    expect(statuses(await batch([put(`${records}/a`), put(`${records}/b`)]))).toEqual([201, 201]);
  });

  it("runs again as a whole after a concurrent write", async () => {
    const records = await newRecords();
    const before = await store.put(`${records}/r`, { data: { by: "alice" } });
    once(() => byOther(`${records}/r`, { by: "the other" }));
    const [seen, refused, made, list] = await batch([
      { path: `${records}/r` },
      { ...put(`${records}/r`, { by: "batch" }), headers: { "If-Match": before.headers.get("etag") ?? "" } },
      put(`${records}/s`),
      { path: records },
    ]);

    expect(seen?.body.data.by).toBe("the other");
    expect(refused).toMatchObject({ status: 412, body: { details: { existing: seen?.body.data } } });
    expect(made?.body.data.last_modified).toBeGreaterThan(seen?.body.data.last_modified);
    expect((await store.get(records)).body).toEqual(list?.body);
  });

  it("consumes the token of a DELETE once, even when it runs again", async () => {
    const records = await newRecords();
    for (const id of ["a", "b", "c", "d"]) await store.put(`${records}/${id}`, {});
    const next = (await store.delete(`${records}?_limit=2`)).headers.get("next-page")?.replace(store.url, "") ?? "";
    once(() => byOther(`${records}/b`, { by: "the other" }));
    const [deleted, again] = await batch([
      { method: "DELETE", path: next },
      { method: "DELETE", path: next },
    ]);

    expect([deleted?.status, again?.status]).toEqual([200, 400]);
    // The other writer's change is the newest entry.
    expect(ids(deleted as Response)).toEqual(["a"]);
    expect(ids(await store.get(records))).toEqual(["b"]);
  });

  it("advances the timestamp when the list changed meanwhile", async () => {
    const records = await newRecords();
    once(() => byOther(`${records}/other`, {}));
    const responses = await batch([
      put(`${records}/a`),
      put(`${records}/b`),
      { path: records },
      { method: "HEAD", path: records },
    ]);

    expect(statuses(responses)).toEqual([201, 201, 200, 200]);
    const list = await store.get(records);
    expect(ids(list)).toEqual(["b", "a", "other"]);
    expect(responses[3]?.headers["Total-Objects"]).toBe("3");
    expect(responses[2]?.body).toEqual(list.body);
  });

  it("returns 413 and writes nothing when its responses are too large together", async () => {
    const records = await newRecords();
    for (let n = 0; n < 10; n++) await store.put(`${records}/r${n}`, { data: { text: "x".repeat(250_000) } });
    const lists = (count: number) => Array.from({ length: count }, () => ({ path: records }));
    const create = { method: "PUT", path: `${records}/new` };

    const answer = await store.post("/batch", { requests: [create, ...lists(3)] });
    expect([answer.status, answer.body.message]).toEqual([413, expect.stringContaining("Nothing was changed")]);
    expect((await store.get(`${records}/new`)).status).toBe(404);
    expect((await store.post("/batch", { requests: [create, ...lists(2)] })).status).toBe(200);
  });

  it("returns 413 and writes nothing when quotation marks make its responses too large", async () => {
    const records = await newRecords();
    for (let n = 0; n < 10; n++) await store.put(`${records}/r${n}`, { data: { text: '"'.repeat(110_000) } });
    const requests = [{ method: "PUT", path: `${records}/new` }, { path: records }, { path: records }];

    const answer = await store.post("/batch", { requests }, { headers: { "Accept-Encoding": "identity" } });
    expect([answer.status, answer.body.message]).toEqual([413, expect.stringContaining("Nothing was changed")]);
    expect((await store.get(`${records}/new`)).status).toBe(404);
  });

  it("returns 413 and writes nothing when it does not fit into one transaction", async () => {
    const bucket = await newBucket();
    transactions = [];
    const answer = await send(
      Array.from({ length: 60 }, (_, i) => ({ method: "PUT", path: `${bucket}/collections/c${i}` })),
    );

    expect(answer).toMatchObject({ status: 413, body: { code: 413, errno: 113 } });
    expect((await store.get(`${bucket}/collections`)).body.data).toEqual([]);
  });
});
