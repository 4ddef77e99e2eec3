import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { createApi } from "../../functions/api/app.ts";
import type { Json } from "../../lib/json.ts";
import { requestApi } from "../request-api.ts";
import { sendRaw } from "../send-raw.ts";
import { startStore, type TestResponse, type TestStore } from "../start-store.ts";

let store: TestStore;
let counter = 0;
beforeAll(async () => {
  store = await startStore();
  await store.put("/buckets/b");
});
afterAll(() => store.close());

type Data = Record<string, Json>;
const newRecords = async (data: readonly Data[] = []) => {
  const collection = `/buckets/b/collections/c${counter++}`;
  await store.put(collection);
  const records = `${collection}/records`;
  for (let i = 0; i < data.length; i += 25) {
    const requests = data.slice(i, i + 25).map((one) => ({ method: "POST", path: records, body: { data: one } }));
    expect((await store.post("/batch", { requests })).status).toBe(200);
  }
  return records;
};
const ids = ({ body }: Pick<TestResponse, "body">): string[] => body.data.map(({ id }: { id: string }) => id);
const idsAt = async (path: string) => ids(await store.get(path));
const total = async (path: string) =>
  Number((await store.request(path, { method: "HEAD" })).headers.get("total-objects"));
const nextOf = ({ headers }: Pick<TestResponse, "headers">) => headers.get("next-page");
const tokenOf = (answer: TestResponse) => new URL(nextOf(answer) ?? "").searchParams.get("_token") ?? "";

const walk = async (first: string, between: (page: number) => Promise<unknown> = async () => undefined) => {
  const pages: Data[][] = [];
  for (let next: string | null = first; next !== null; ) {
    const answer = await store.get(next);
    expect({ status: answer.status, refused: answer.status === 200 ? undefined : answer.body }).toEqual({
      status: 200,
      refused: undefined,
    });
    pages.push(answer.body.data);
    next = nextOf(answer);
    await between(pages.length);
  }
  return pages;
};

/** Creates twelve records in three groups with descending `n`. */
const TWELVE = Array.from({ length: 12 }, (_, i) => ({
  id: `r${String(i).padStart(2, "0")}`,
  group: "abc"[i % 3] as string,
  n: 12 - i,
  deep: { even: i % 2 === 0 },
}));

describe("list sorted by several fields", () => {
  const expected = TWELVE.toSorted((x, y) => (x.group < y.group ? 1 : x.group > y.group ? -1 : x.n - y.n)).map(
    ({ id }) => id,
  );

  it.each([1, 5, 12, 100])("returns all entries in order in pages of %d", async (limit) => {
    const records = await newRecords(TWELVE);
    const pages = await walk(`${records}?_sort=-group,n&_limit=${limit}`);
    expect(pages.flat().map(({ id }) => id)).toEqual(expected);
    expect(pages.every((page, i) => page.length === limit || i === pages.length - 1)).toBe(true);
  });

  it("returns each unchanged entry once during concurrent writes", async () => {
    const records = await newRecords(TWELVE);
    const pages = await walk(`${records}?_sort=-group,n&_limit=2`, async (page) => {
      await store.put(`${records}/first${page}`, { data: { group: "z", n: page } });
      await store.put(`${records}/last${page}`, { data: { group: "A", n: page } });
      await store.patch(`${records}/${expected[0]}`, { data: { touched: page } });
      await store.delete(`${records}/${expected[1]}`);
      await store.delete(`${records}/${expected.at(-1)}`);
      await store.patch(`${records}/${expected[6]}`, { data: { touched: page } });
    });
    const seen = pages.flat().map(({ id }) => id as string);

    expect(seen.filter((id) => id.startsWith("r"))).toEqual(expected.slice(0, -1));
    expect(seen.filter((id) => id.startsWith("first"))).toEqual([]);
    expect(new Set(seen).size).toBe(seen.length);
  });

  it("orders equal entries newest first", async () => {
    const records = await newRecords(TWELVE);
    for (const id of ["r05", "r01"]) await store.patch(`${records}/${id}`, { data: { late: true } });
    const order = await idsAt(records);
    expect(order.slice(0, 2)).toEqual(["r01", "r05"]);
    for (const query of ["_sort=nothing", "_sort=-nothing,deep.none", "_sort=-last_modified"]) {
      expect((await walk(`${records}?${query}&_limit=5`)).flat().map(({ id }) => id)).toEqual(order);
    }
    expect((await walk(`${records}?_sort=last_modified&_limit=5`)).flat().map(({ id }) => id)).toEqual(
      order.toReversed(),
    );
  });

  it("includes tombstones when the query has a condition on last_modified", async () => {
    const records = await newRecords(TWELVE.slice(0, 4));
    await store.delete(`${records}/r01`);
    expect((await walk(`${records}?_since=0&_sort=id&_limit=1`)).flat().map(({ id }) => id)).toEqual([
      "r00",
      "r01",
      "r02",
      "r03",
    ]);
    expect(await idsAt(`${records}?_since=0&deleted=true`)).toEqual(["r01"]);
    // As in Kinto, a missing value is greater than any number.
    expect(await idsAt(`${records}?_since=0&_sort=-n`)).toEqual(["r01", "r00", "r02", "r03"]);
  });
});

describe("filtered list", () => {
  it.each<[string, readonly string[]]>([
    ["group=a", ["r09", "r06", "r03", "r00"]],
    ["group=a&deep.even=true", ["r06", "r00"]],
    ["in_id=r01,r11,none", ["r11", "r01"]],
    ["exclude_group=a,b&lt_n=5", ["r11", "r08"]],
    ["min_n=4&max_n=6", ["r08", "r07", "r06"]],
    ["gt_n=4&lt_n=6", ["r07"]],
    ["not_group=a&exclude_group=b", ["r11", "r08", "r05", "r02"]],
    ["has_nothing=true", []],
    ["has_nothing=false&n=1", ["r11"]],
    ["like_id=R1*", ["r11", "r10"]],
    ["like_group=B&n=2", ["r10"]],
  ])("with %s returns and counts the matching entries", async (query, expected) => {
    const records = await newRecords(TWELVE);
    for (const limit of [1, 3])
      expect((await walk(`${records}?${query}&_limit=${limit}`)).flat().map(({ id }) => id)).toEqual(expected);
    expect(await total(`${records}?${query}`)).toBe(expected.length);
    expect(await total(`${records}?${query}&_limit=1`)).toBe(expected.length);
  });

  it("finds values in arrays", async () => {
    const records = await newRecords([
      { id: "a", tags: ["x", "y", 1] },
      { id: "b", tags: ["y"] },
      { id: "c", tags: "x" },
      { id: "d" },
    ]);
    expect(await idsAt(`${records}?contains_tags=x`)).toEqual(["a"]);
    expect(await idsAt(`${records}?contains_tags=["x",1]`)).toEqual(["a"]);
    expect(await idsAt(`${records}?contains_any_tags=["x","y"]`)).toEqual(["b", "a"]);
    expect(await idsAt(`${records}?tags=["y"]`)).toEqual(["b"]);
  });

  it("deletes only the matching entries, in order", async () => {
    const records = await newRecords(TWELVE);
    const first = await store.delete(`${records}?group=a&_sort=n&_limit=2`);
    expect(ids(first).toSorted()).toEqual(["r06", "r09"]);
    const second = await store.delete(nextOf(first) ?? "");
    expect(ids(second).toSorted()).toEqual(["r00", "r03"]);
    expect(nextOf(second)).toBeNull();
    expect(await total(records)).toBe(8);
    expect(ids(await store.delete(`${records}?gt_n=100`))).toEqual([]);
    expect(await total(records)).toBe(8);
  });
});

describe("_fields", () => {
  it("reduce the objects of a list to the requested fields, id and last_modified", async () => {
    const records = await newRecords(TWELVE);
    const { body } = await store.get(`${records}?_fields=deep.even,none&_sort=id&_limit=1`);
    expect(body.data).toEqual([{ id: "r00", last_modified: expect.any(Number), deep: { even: true } }]);
    expect(Object.keys((await store.get(`${records}?_fields=id`)).body.data[0]).toSorted()).toEqual([
      "id",
      "last_modified",
    ]);
  });

  it("reduce an object to the requested fields, without permissions", async () => {
    const records = await newRecords(TWELVE);
    const { last_modified } = (await store.get(`${records}/r00`)).body.data;
    const cut = await store.get(`${records}/r00?_fields=group,n`);
    expect([cut.body, cut.headers.get("etag")]).toEqual([
      { data: { id: "r00", last_modified, group: "a", n: 12 } },
      `"${last_modified}"`,
    ]);
  });

  it("are kept on the next page", async () => {
    const records = await newRecords(TWELVE);
    const pages = await walk(`${records}?_fields=n&_limit=5`);
    expect(pages.flat().every((one) => Object.keys(one).toSorted().join() === "id,last_modified,n")).toBe(true);
    expect(pages.map((page) => page.length)).toEqual([5, 5, 2]);
  });
});

describe("list bounds", () => {
  it("are exclusive and may be quoted, unquoted or null", async () => {
    const records = await newRecords(TWELVE.slice(0, 3));
    const [, middle] = (await store.get(records)).body.data;
    const at = middle.last_modified;
    for (const bound of [at, `"${at}"`, `%22${at}%22`]) {
      expect(await idsAt(`${records}?_since=${bound}`)).toEqual(["r02"]);
      expect(await idsAt(`${records}?_before=${bound}`)).toEqual(["r00"]);
      expect(await idsAt(`${records}?_to=${bound}`)).toEqual(["r00"]);
      expect(await idsAt(`${records}?last_modified=${bound}`)).toEqual(["r01"]);
      expect(await total(`${records}?_since=${bound}`)).toBe(1);
    }
    expect(await idsAt(`${records}?min_last_modified=${at}`)).toEqual(["r02", "r01"]);
    expect(await idsAt(`${records}?gt_last_modified=${at}`)).toEqual(["r02"]);
    expect(await idsAt(`${records}?max_last_modified=${at}`)).toEqual(["r01", "r00"]);
    expect(await idsAt(`${records}?_since=${at - 1}&_before=${at + 1}`)).toEqual(["r01"]);
    expect(await idsAt(`${records}?_since=null`)).toHaveLength(3);
    expect((await store.get(`${records}?_to=${at}`)).headers.get("alert")).toContain("_before");
  });

  it.each(["abc", "1,2", "-1", "", `${Date.now() + 1e9}0`, "%00"])("are rejected when they are %j", async (bound) => {
    const records = await newRecords();
    for (const name of ["_since", "_before"]) {
      expect(await store.get(`${records}?${name}=${bound}`)).toMatchObject({
        status: 400,
        body: { errno: 107, details: [{ location: "querystring" }] },
      });
    }
  });
});

describe("Next-Page", () => {
  it("has the host and the query of the request", async () => {
    const records = await newRecords(TWELVE);
    const path = `${records}?_limit=5&_sort=n&min_n=2`;
    const authorization = `Basic ${Buffer.from("alice:secret").toString("base64")}`;
    const ask = (headers: Record<string, string>) =>
      sendRaw(store.url, { path, headers: { authorization, ...headers } });

    const plain = new URL(nextOf(await store.get(path)) ?? "");
    expect(`${plain.origin}${plain.pathname}`).toBe(`${store.url}${records}`);
    expect(Object.fromEntries(plain.searchParams)).toEqual({
      _limit: "5",
      _sort: "n",
      min_n: "2",
      _token: expect.any(String),
    });
    const elsewhere = nextOf(await ask({ host: "store.localhost:8443" }));
    expect(new URL(elsewhere ?? "").host).toBe("store.localhost:8443");
    expect(nextOf(await store.get(`${records}?_limit=12`))).toBeNull();
    expect(nextOf(await store.get(`${records}?_limit=11`))).not.toBeNull();
    expect(nextOf(await store.request(path, { method: "HEAD" }))).toBeNull();
  });

  it("uses https when a gateway forwards an https request", async () => {
    const records = await newRecords(TWELVE);
    await using api = await other();
    for (const [forwarded, origin] of [
      ["https", "https://store.example.org"],
      ["http", "http://store.example.org"],
    ]) {
      const { headers } = await api.get(`${records}?_limit=5`, {
        host: "store.example.org",
        "x-forwarded-proto": forwarded as string,
      });
      expect(new URL(nextOf({ headers }) ?? "").origin).toBe(origin);
    }
  });
});

describe("pagination token", () => {
  it.each(["x", "x.y", "e30", "e30.e30", "..", "%00", "a".repeat(5000), "%7B%22last_modified%22%3A1%7D"])(
    "is rejected when it is invalid: %s",
    async (token) => {
      const records = await newRecords(TWELVE);
      for (const method of ["GET", "DELETE"]) {
        expect(await store.request(`${records}?_token=${token}`, { method })).toMatchObject({
          status: 400,
          body: { errno: 107, details: [{ location: "querystring" }] },
        });
      }
      expect(await total(records)).toBe(12);
    },
  );

  it("is valid only for its list, query and method", async () => {
    const [records, others] = [await newRecords(TWELVE), await newRecords(TWELVE)];
    const query = "_limit=1&group=a&_sort=n";
    const token = tokenOf(await store.get(`${records}?${query}`));
    expect((await store.get(`${records}?${query}&_token=${token}`)).status).toBe(200);

    for (const [method, path] of [
      ["GET", `${others}?${query}`],
      ["GET", `${records}?_limit=1&group=b&_sort=n`],
      ["GET", `${records}?_limit=1&group=a&_sort=-n`],
      ["GET", `${records}?_limit=1&group=a`],
      ["GET", `${records}?_limit=1&_sort=n`],
      ["GET", `${records}?${query}&_since=0`],
      ["DELETE", `${records}?${query}`],
    ]) {
      expect({
        method,
        path,
        status: (await store.request(`${path}&_token=${token}`, { method: method as string })).status,
      }).toMatchObject({ status: 400 });
    }
    const half = token.slice(0, -2);
    expect((await store.get(`${records}?${query}&_token=${half}`)).status).toBe(400);
    expect(await total(records)).toBe(12);
  });

  it("of a DELETE is valid once", async () => {
    const records = await newRecords(TWELVE);
    const first = await store.delete(`${records}?_limit=5`);
    expect((await store.get(nextOf(first) ?? "")).status).toBe(400);
    const second = await store.delete(nextOf(first) ?? "");
    expect([ids(first).length, ids(second).length]).toEqual([5, 5]);
    expect(await store.delete(nextOf(first) ?? "")).toMatchObject({
      status: 400,
      body: { message: expect.stringContaining("_token was already used or has expired.") },
    });
    // The same token in another encoding.
    expect((await store.delete(`${nextOf(first)}.x`)).status).toBe(400);
    expect(await total(records)).toBe(2);
    expect(ids(await store.delete(nextOf(second) ?? ""))).toHaveLength(2);
  });

  it("of a DELETE is not consumed by a user without permission", async () => {
    const records = await newRecords(TWELVE);
    const next = nextOf(await store.delete(`${records}?_limit=5`)) ?? "";
    expect((await store.delete(next, { as: "bob" })).status).toBe(403);
    expect((await store.delete(next, { headers: { "if-match": '"1"' } })).status).toBe(412);
    expect(ids(await store.delete(next))).toHaveLength(5);
  });

  it("expires: of a DELETE after the configured time, of a GET after a day", async () => {
    const records = await newRecords(TWELVE);
    await using api = await other();
    const [read, gone] = [await api.get(`${records}?_limit=5`), await api.delete(`${records}?_limit=5`)];
    const pathOf = (answer: Pick<TestResponse, "headers">) => (nextOf(answer) ?? "").replace(/^.*\/v1/, "");

    api.later(600_001);
    expect((await api.get(pathOf(read))).status).toBe(200);
    expect((await api.delete(pathOf(gone))).status).toBe(400);
    api.later(24 * 3600 * 1000);
    expect((await api.get(pathOf(read))).status).toBe(400);
    expect(await total(records)).toBe(7);
  });
});

describe("DELETE on a list", () => {
  it("requires the list to be unchanged with If-Match", async () => {
    const records = await newRecords(TWELVE);
    const seen = (await store.get(records)).headers.get("etag") ?? "";
    await store.put(`${records}/more`, {});
    expect((await store.delete(`${records}?group=a`, { headers: { "if-match": seen } })).status).toBe(412);
    const now = (await store.get(records)).headers.get("etag") ?? "";
    expect(ids(await store.delete(`${records}?group=a`, { headers: { "if-match": now } }))).toHaveLength(4);
    expect(await total(records)).toBe(9);
  });

  it("creates tombstones with distinct timestamps and returns the last one", async () => {
    const records = await newRecords(TWELVE);
    const gone = await store.delete(records);
    const times = gone.body.data.map(({ last_modified }: { last_modified: number }) => last_modified);
    expect(new Set(times).size).toBe(12);
    expect(gone.headers.get("etag")).toBe(`"${Math.max(...times)}"`);
    expect(await idsAt(records)).toEqual([]);
    expect(await total(`${records}?_since=0`)).toBe(0);
    expect((await idsAt(`${records}?_since=0`)).toSorted()).toEqual(TWELVE.map(({ id }) => id));
  });

  it("supports filters for buckets, groups and collections", async () => {
    await store.put("/buckets/lists", { data: { kind: "lists" } });
    for (const list of ["/buckets/lists/groups", "/buckets/lists/collections"]) {
      for (const [id, kind] of [
        ["x", 1],
        ["y", 2],
        ["z", 1],
      ] as const)
        await store.put(`${list}/${id}`, { data: { kind } });
      expect(ids(await store.delete(`${list}?kind=1`)).toSorted()).toEqual(["x", "z"]);
      expect(await idsAt(list)).toEqual(["y"]);
    }
    expect(ids(await store.delete("/buckets?kind=lists"))).toEqual(["lists"]);
  });
});

/** Another instance of the function, with a controlled clock. */
const other = async () => {
  const api = await createApi(store.options);
  let ahead = 0;
  const app = requestApi({ ...api, transactions: { ...api.transactions, now: () => Date.now() + ahead } });
  const authorization = `Basic ${Buffer.from("alice:secret").toString("base64")}`;
  const ask = (path: string, method: string, headers: Record<string, string> = {}) =>
    app.request(`http://localhost/v1${path}`, { method, headers: { authorization, ...headers } });
  return {
    later: (ms: number) => {
      ahead += ms;
    },
    get: (path: string, headers?: Record<string, string>) => ask(path, "GET", headers),
    delete: (path: string) => ask(path, "DELETE"),
    [Symbol.asyncDispose]: () => api.close(),
  };
};
