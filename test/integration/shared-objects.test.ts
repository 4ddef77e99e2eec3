/** @slow */

import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import type { Operations, Send } from "../../adapters/store/dynamodb/operations.ts";
import { startStore, type TestResponse, type TestStore } from "../start-store.ts";

const MAX_PAGE_BYTES = 2_800_000;
const LARGE_TEXT = "x".repeat(380_000);
const EVERYONE = "system.Everyone";

let store: TestStore;
/** What the table returned since the start of the test, and the size of the items that it read for that. */
let reads = { calls: 0, returnedBytes: 0, scannedBytes: 0 };
/** Operations that are not sent. */
let ignored: ReadonlySet<string> = new Set();
/** Runs before a call is sent. */
let beforeCall: (operation: keyof Operations) => Promise<void> = async () => undefined;

const wrap =
  (send: Send): Send =>
  async (operation, input) => {
    await beforeCall(operation);
    if (ignored.has(operation)) return {};
    const output = await send(operation, input);
    if (operation === "BatchGetItem" || operation === "Query") {
      const { ConsumedCapacity } = output as {
        ConsumedCapacity?: { CapacityUnits?: number } | { CapacityUnits?: number }[];
      };
      const [capacity] = [ConsumedCapacity].flat();
      reads.calls++;
      reads.returnedBytes += JSON.stringify(output).length;
      reads.scannedBytes += (capacity?.CapacityUnits ?? 0) * 4096;
    }
    return output;
  };

beforeAll(async () => {
  store = await startStore({ wrap });
});
afterAll(() => store.close());
beforeEach(() => {
  reads = { calls: 0, returnedBytes: 0, scannedBytes: 0 };
  beforeCall = async () => undefined;
  ignored = new Set();
});

const nextOf = ({ headers }: Pick<TestResponse, "headers">) => headers.get("next-page");
const bytesOf = ({ body }: TestResponse) => Buffer.byteLength(JSON.stringify(body));

/** Reads all pages. @param onPage runs after each page */
const walk = async (path: string, as: string | null, onPage: (page: TestResponse) => void = () => undefined) => {
  const entries: { id: string; uri: string; n: number }[] = [];
  for (let next: string | null = path; next !== null; ) {
    reads = { calls: 0, returnedBytes: 0, scannedBytes: 0 };
    const page: TestResponse = await store.get(next, { as });
    expect(page.status).toBe(200);
    entries.push(...page.body.data);
    onPage(page);
    next = nextOf(page);
  }
  return entries;
};
const sendBatch = async (requests: readonly { method: string; path: string; body?: unknown }[], as = "eve") => {
  for (let i = 0; i < requests.length; i += 25) {
    const { status, body } = await store.post("/batch", { requests: requests.slice(i, i + 25) }, { as });
    expect(status).toBe(200);
    expect(body.responses.filter(({ status }: { status: number }) => status >= 300)).toEqual([]);
  }
};

describe("large objects that are shared with everyone", () => {
  // More than the 8 MB of objects that one page looks through.
  const COUNT = 24;
  const records = "/buckets/fat/collections/c/records";
  const ids = Array.from({ length: COUNT }, (_, n) => `r${String(n).padStart(2, "0")}`);

  beforeAll(async () => {
    await store.put("/buckets/fat", {}, { as: "eve" });
    await store.put("/buckets/fat/collections/c", {}, { as: "eve" });
    for (const [n, id] of ids.entries()) {
      const body = { data: { text: LARGE_TEXT, n: (n * 7) % COUNT }, permissions: { read: [EVERYONE] } };
      expect((await store.put(`${records}/${id}`, body, { as: "eve" })).status).toBe(201);
    }
  });

  it("are listed by /permissions in pages, without reading their data", async () => {
    const entries = await walk("/permissions", null, () => {
      expect(reads.returnedBytes).toBeLessThan(100_000);
      expect(reads.scannedBytes).toBeLessThan(12_000_000);
    });

    expect(entries.map(({ uri }) => uri).toSorted()).toEqual(ids.map((id) => `${records}/${id}`));
    expect((await store.request("/permissions", { method: "HEAD", as: null })).headers.get("total-objects")).toBe(
      String(COUNT),
    );
  });

  it("are listed in pages, and only the objects of a page are read", async () => {
    const entries = await walk(`${records}?_limit=3`, null, () => expect(reads.returnedBytes).toBeLessThan(3_500_000));

    expect(entries.map(({ id }) => id).toSorted()).toEqual(ids);
    expect((await store.request(records, { method: "HEAD", as: null })).headers.get("total-objects")).toBe(
      String(COUNT),
    );
  });

  it.each(["", "?_sort=n", "?min_n=0"])("are listed in pages that fit into a response: %j", async (query) => {
    const entries = await walk(`${records}${query}`, null, (page) =>
      expect(bytesOf(page)).toBeLessThan(MAX_PAGE_BYTES + 1000),
    );

    expect(entries.map(({ id }) => id).toSorted()).toEqual(ids);
  });

  it.each(["?_sort=n", "?min_n=0&_sort=n", "?min_n=0"])(
    "are sorted and filtered in pages that fit into a response: %j",
    async (query) => {
      const entries = await walk(`${records}${query}`, "eve", (page) =>
        expect(bytesOf(page)).toBeLessThan(MAX_PAGE_BYTES + 1000),
      );

      expect(entries).toHaveLength(COUNT);
      const expected = query === "?min_n=0" ? ids.toReversed() : undefined;
      expect(entries.map(({ id }) => id)).toEqual(
        expected ?? entries.toSorted((a, b) => a.n - b.n).map(({ id }) => id),
      );
    },
  );

  it("cuts pages by their size in UTF-8", async () => {
    const wide = "/buckets/fat/collections/wide";
    await store.put(wide, {}, { as: "eve" });
    for (let n = 0; n < 12; n++)
      await store.put(`${wide}/records/w${n}`, { data: { text: "雲".repeat(100_000) } }, { as: "eve" });

    for (const query of ["", "?_sort=id"]) {
      const entries = await walk(`${wide}/records${query}`, "eve", (page) =>
        expect(bytesOf(page)).toBeLessThan(MAX_PAGE_BYTES + 1000),
      );
      expect(entries).toHaveLength(12);
    }
  });
});

describe("groups", () => {
  it("of all users are considered without reading them", async () => {
    await store.put("/buckets/big-groups", {}, { as: "eve" });
    for (let n = 0; n < 10; n++) {
      const data = { members: ["system.Authenticated"], text: LARGE_TEXT };
      await store.put(`/buckets/big-groups/groups/g${n}`, { data }, { as: "eve" });
    }
    for (const path of ["/", "/buckets", "/permissions"]) {
      reads = { calls: 0, returnedBytes: 0, scannedBytes: 0 };
      expect((await store.get(path, { as: "bob" })).status).toBe(200);
      expect(reads.returnedBytes).toBeLessThan(100_000);
    }
  });

  it("with many members and much data are checked some per page", async () => {
    const [greta, others] = [await store.userId("greta"), Array.from({ length: 100 }, (_, n) => `basicauth:${n}`)];
    // One more than are checked for one page.
    const groups = Array.from({ length: 51 }, (_, n) => `/buckets/crowds/groups/g${10 + n}`);
    await store.put("/buckets/crowds", {}, { as: "eve" });
    // More members than fit into a transaction: each membership is checked by reading its group.
    for (const group of groups)
      await store.put(
        group,
        { data: { members: [greta, ...others], text: LARGE_TEXT.slice(0, 340_000) } },
        { as: "eve" },
      );
    for (const [id, group] of [
      ["first", groups[0]],
      ["last", groups.at(-1)],
    ] as const)
      await store.put(`/buckets/crowds/collections/${id}`, { permissions: { read: [group ?? ""] } }, { as: "eve" });

    let pages = 0;
    const listed = await walk("/buckets/crowds/collections", "greta", () => {
      pages++;
      expect(reads.returnedBytes).toBeLessThan(22_000_000);
    });
    expect(listed.map(({ id }) => id).toSorted()).toEqual(["first", "last"]);
    expect(pages).toBeGreaterThan(1);
    expect((await store.get("/buckets/crowds/collections/last", { as: "greta" })).status).toBe(200);
  });

  describe("that strangers add a user to", () => {
    const COUNT = 600;
    const groupAt = (n: number) => `/buckets/strangers/groups/g${String(n).padStart(4, "0")}`;
    let victim: string;

    beforeAll(async () => {
      victim = await store.userId("victim");
      await store.put("/buckets/strangers", {}, { as: "eve" });
      await sendBatch(
        Array.from({ length: COUNT }, (_, n) => ({
          method: "PUT",
          path: groupAt(n),
          body: { data: { members: [victim] } },
        })),
      );
    });

    it("are bounded in the user's own information", async () => {
      const { body } = await store.get("/", { as: "victim" });

      // Up to 500 of the user's groups, the ten groups of all users, and three that are no groups.
      expect(body.user.principals.length).toBeGreaterThan(500);
      expect(body.user.principals.length).toBeLessThanOrEqual(513);
      expect(reads.calls).toBeLessThan(20);
    });

    it("are all considered by lists and /permissions, some per page, and each object is listed once", async () => {
      const last = groupAt(COUNT - 1);
      await store.put("/buckets/team", {}, { as: "ann" });
      const shares = { early: [groupAt(0)], late: [last], both: [groupAt(1), last], own: [victim, last] };
      for (const [id, read] of Object.entries(shares))
        await store.put(`/buckets/team/collections/${id}`, { permissions: { read } }, { as: "ann" });

      const expectBounded = () => expect(reads.calls).toBeLessThan(600);
      const listed = await walk("/buckets/team/collections", "victim", expectBounded);
      expect(listed.map(({ id }) => id).toSorted()).toEqual(["both", "early", "late", "own"]);
      const permitted = await walk("/permissions", "victim", expectBounded);
      expect(
        permitted
          .filter(({ uri }) => uri.startsWith("/buckets/team"))
          .map(({ id }) => id)
          .toSorted(),
      ).toEqual(["both", "early", "late", "own"]);
      const total = await store.request("/buckets/team/collections", { method: "HEAD", as: "victim" });
      expect(total.headers.get("total-objects")).toBe("4");
    });

    it("give access to an object that names one of them", async () => {
      await store.put("/buckets/one", { permissions: { read: [groupAt(COUNT - 1)] } }, { as: "ann" });

      expect((await store.get("/buckets/one", { as: "victim" })).status).toBe(200);
      expect(reads.calls).toBeLessThan(20);
      expect((await store.get("/buckets/one", { as: "bob" })).status).toBe(403);
    });
  });
});

describe("principals", () => {
  const names = (count: number) => Array.from({ length: count }, (_, n) => `basicauth:${n}`);

  it("are limited per object and per group", async () => {
    await store.put("/buckets/limits", {}, { as: "eve" });

    const tooMany = await store.put(
      "/buckets/limits/collections/c",
      { permissions: { read: names(1001) } },
      { as: "eve" },
    );
    expect([tooMany.status, tooMany.body.message]).toEqual([
      400,
      expect.stringContaining("at most 1000 are allowed. Put users into a group and name the group"),
    ]);
    const spread = { read: names(500), write: names(501) };
    const patched = await store.patch("/buckets/limits", { permissions: spread }, { as: "eve" });
    expect(patched.status).toBe(400);
    const crowd = await store.put("/buckets/limits/groups/g", { data: { members: names(5001) } }, { as: "eve" });
    expect([crowd.status, crowd.body.message]).toEqual([
      400,
      expect.stringContaining("The group has 5001 members; at most 5000 are allowed. Use several groups"),
    ]);
  });

  it("are limited per request", async () => {
    const requests = Array.from({ length: 11 }, (_, n) => ({
      method: "PUT",
      path: `/buckets/limits/collections/c${n}`,
      body: { permissions: { read: names(950) } },
    }));
    const { status, body } = await store.post("/batch", { requests }, { as: "eve" });

    expect([status, body.message]).toEqual([
      413,
      expect.stringContaining("at most 10000 are allowed. Split the request."),
    ]);
  });

  it("are written several calls at a time, while others write to the list", async () => {
    let [current, most] = [0, 0];
    let othersAreDone: () => void = () => undefined;
    const others = new Promise<void>((resolve) => {
      othersAreDone = resolve;
    });
    let startedWriting: () => void = () => undefined;
    const writing = new Promise<void>((resolve) => {
      startedWriting = resolve;
    });
    beforeCall = async (operation) => {
      if (operation !== "BatchWriteItem") return;
      most = Math.max(most, ++current);
      startedWriting();
      await others;
      current--;
    };

    const large = store.put("/buckets/hog", { permissions: { read: names(900) } }, { as: "eve" });
    await writing;
    expect((await store.put("/buckets/mine", {}, { as: "ann" })).status).toBe(201);
    expect((await store.patch("/buckets/mine", { data: { a: 1 } }, { as: "ann" })).status).toBe(200);
    othersAreDone();

    expect((await large).status).toBe(201);
    expect(most).toBe(8);
  });

  it("keep access that is granted again while it is being removed", async () => {
    const [bob, many] = [await store.userId("bob"), names(200)];
    const path = "/buckets/again/collections/c";
    await store.put("/buckets/again", {}, { as: "eve" });
    await store.put(path, { permissions: { read: [...many, bob] } }, { as: "eve" });
    let grantAgain: Promise<TestResponse> | undefined;
    beforeCall = async (operation) => {
      if (operation !== "DeleteItem") return;
      beforeCall = async () => undefined;
      grantAgain ??= store.patch(path, { permissions: { read: [bob] } }, { as: "eve" });
      await grantAgain;
    };

    await store.patch(path, { permissions: { read: [] } }, { as: "eve" });
    expect((await grantAgain)?.status).toBe(200);

    const { body } = await store.get("/buckets/again/collections", { as: "bob" });
    expect(body.data).toEqual([expect.objectContaining({ id: "c" })]);
  });

  it("of shared objects bound a page", async () => {
    const [zoe, objects] = [await store.userId("zoe"), ["c0", "c1", "c2", "c3"]];
    await store.put("/buckets/crowded", {}, { as: "eve" });
    for (const id of objects)
      await store.put(
        `/buckets/crowded/collections/${id}`,
        { permissions: { read: [...names(800), zoe] } },
        { as: "eve" },
      );

    const pages: number[] = [];
    const entries = await walk("/buckets/crowded/collections", "zoe", ({ body }) => pages.push(body.data.length));
    expect(entries.map(({ id }) => id).toSorted()).toEqual(objects);
    expect(pages).toEqual([3, 1]);
    const counted = await store.request("/buckets/crowded/collections", { method: "HEAD", as: "zoe" });
    expect(counted.headers.get("total-objects")).toBe("4");
  });

  it("of many objects are removed when a list is deleted", async () => {
    // Writing 10,000 index items takes too long for a test.
    ignored = new Set(["BatchWriteItem", "DeleteItem"]);
    await store.put("/buckets/many", {}, { as: "eve" });
    for (let n = 0; n < 12; n++) {
      const created = await store.put(
        `/buckets/many/collections/c${n}`,
        { permissions: { read: names(900) } },
        { as: "eve" },
      );
      expect(created.status).toBe(201);
    }
    const deleted = await store.request("/buckets/many/collections", { method: "DELETE", as: "eve" });

    expect([deleted.status, deleted.body.data.length]).toEqual([200, 12]);
  });
});
