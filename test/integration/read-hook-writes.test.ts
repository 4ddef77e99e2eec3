import { afterEach, describe, expect, it } from "@jest/globals";
import { refuse } from "@kintoun/kit";
import type { TestStore } from "../start-store.ts";
import { alice, boss, createReadPlugin, listIds, startWithGuard, startWithReadHooks } from "./read-hook-store.ts";
import { C, R } from "./record-hooks.ts";

let store: TestStore;
afterEach(() => store?.close());

const put = (id: string, data: object) => store.put(`${R}/${id}`, { data }, boss);

describe("read hook and writes", () => {
  it("deletes by a filter only what the user sees", async () => {
    store = await startWithGuard();
    await put("a", { salary: 1, n: 1 });
    await put("s", { secret: true, n: 1 });

    expect((await store.delete(`${R}?salary=1`, alice)).body.data).toEqual([]);
    expect(listIds((await store.delete(`${R}?n=1`, alice)).body)).toEqual(["a"]);
    expect(listIds((await store.get(R, boss)).body)).toEqual(["s"]);
    const { body } = await store.post("/batch", { requests: [{ method: "DELETE", path: R }] }, alice);
    expect(body.responses[0].body.data).toEqual([]);
  });

  it("does not delete by a list what it refuses after the selection", async () => {
    let reads = 0;
    let limit = Number.POSITIVE_INFINITY;
    store = await startWithReadHooks(
      createReadPlugin(() => {
        if (++reads > limit) throw refuse(403, "Too late.");
      }),
    );
    await store.put(`${R}/a`, { data: {} });
    [reads, limit] = [0, 1];
    expect((await store.delete(R)).body.data).toEqual([]);
    limit = Number.POSITIVE_INFINITY;
    expect(listIds((await store.get(R)).body)).toEqual(["a"]);
  });

  it("applies to the answers of writes, and shows only the id of what it refuses", async () => {
    store = await startWithGuard();
    await put("a", { salary: 10 });
    await put("s", { secret: true });
    const shown = async (response: Promise<{ body: { data: object } }>) => (await response).body.data;
    const id = (name: string) => ({ id: name, last_modified: expect.any(Number) });

    expect(await shown(store.post(R, { data: { id: "a" } }, alice))).toEqual(id("a"));
    expect((await store.post(R, { data: { id: "s" } }, alice)).status).toBe(403);
    expect(await shown(store.post(R, { data: { id: "n", n: 1, salary: 1 } }, alice))).toEqual({ ...id("n"), n: 1 });
    expect(await shown(store.put(`${R}/p`, { data: { n: 1, secret: true } }, alice))).toEqual(id("p"));
    expect(await shown(store.patch(`${R}/a`, { data: { n: 2 } }, alice))).toEqual({ ...id("a"), n: 2 });
    expect(await shown(store.patch(`${R}/s`, { data: { n: 2 } }, alice))).toEqual(id("s"));
    expect((await store.get(`${R}/a`, boss)).body.data).toMatchObject({ salary: 10, n: 2 });
    expect((await store.get(`${R}/s`, boss)).body.data).toMatchObject({ secret: true, n: 2 });
  });

  it.each(["light", "diff"])("does not reveal by a PATCH with the behavior %s what it hides", async (behavior) => {
    store = await startWithGuard();
    await put("a", { salary: 10 });
    const headers = { "Response-Behavior": behavior };

    expect((await store.patch(`${R}/a`, { data: { salary: 5 } }, { ...alice, headers })).body.data).toEqual({});
  });

  describe("and JSON Patch", () => {
    const hideSalary = createReadPlugin(({ data: { salary: _, ...shown } }) => shown);
    const patch = (path: string, operations: object[]) =>
      store.request(path, {
        method: "PATCH",
        headers: { "content-type": "application/json-patch+json" },
        body: JSON.stringify(operations),
        ...alice,
      });

    it.each([
      [{ op: "test", path: "/data/salary", value: 10 }],
      [{ op: "test", path: "/data/salary", value: null }],
      [{ op: "copy", from: "/data/salary", path: "/data/x" }],
      [{ op: "move", from: "/data/salary", path: "/data/x" }],
      [{ op: "replace", path: "/data/salary", value: 10 }],
      [{ op: "remove", path: "/data/salary" }],
      [{ op: "add", path: "/data/salary/0", value: 1 }],
      [{ op: "add", path: "/data/salary", value: 1 }],
      [{ op: "test", path: "/data", value: {} }],
    ])("answers %j alike, whether the field is hidden or missing", async (operation) => {
      store = await startWithReadHooks(hideSalary);
      await store.put(`${R}/hidden`, { data: { salary: 10, n: 1 } });
      await store.put(`${R}/missing`, { data: { n: 1 } });

      const [hidden, missing] = [await patch(`${R}/hidden`, [operation]), await patch(`${R}/missing`, [operation])];
      const comparable = ({ status, body }: { status: number; body: object }) =>
        JSON.stringify([status, body]).replaceAll(/"(id|last_modified)":[^,}]*/g, "");
      expect(comparable(hidden)).toBe(comparable(missing));
    });

    it("changes what the user sees, and keeps the rest", async () => {
      store = await startWithGuard();
      await put("a", { salary: 10, n: 1, list: [1] });
      await put("s", { secret: true, n: 1 });
      const salary = async (id = "a") => (await store.get(`${R}/${id}`, boss)).body.data;

      expect((await patch(`${R}/a`, [{ op: "replace", path: "/data/n", value: 2 }])).status).toBe(200);
      expect(await salary()).toMatchObject({ salary: 10, n: 2 });
      await patch(`${R}/a`, [{ op: "copy", from: "/data", path: "/data/copy" }]);
      expect(JSON.stringify(await salary())).not.toContain('"copy":{"salary"');
      await patch(`${R}/a`, [{ op: "remove", path: "/data/copy" }]);
      expect(await salary()).toEqual({ id: "a", salary: 10, n: 2, list: [1], last_modified: expect.any(Number) });
      await patch(`${R}/a`, [{ op: "add", path: "/data/salary", value: 3 }]);
      expect(await salary()).toMatchObject({ salary: 3, n: 2 });
      expect((await patch(`${R}/s`, [{ op: "test", path: "/data/secret", value: true }])).status).toBe(400);
      expect((await patch(`${R}/s`, [{ op: "add", path: "/data/x", value: 1 }])).status).toBe(200);
      expect(await salary("s")).toMatchObject({ secret: true, n: 1, x: 1 });
    });

    it("keeps what hooks change, and parts of nested objects", async () => {
      let bossId = "";
      store = await startWithReadHooks(
        createReadPlugin(({ user_id, data: { note, person, ...data } }) =>
          user_id === bossId
            ? undefined
            : { ...data, note: "hidden", added: 1, person: { name: (person as { name: string }).name } },
        ),
      );
      bossId = await store.userId("boss");
      await put("a", { note: "secret", person: { name: "Ann", phone: 5 } });

      expect((await patch(`${R}/a`, [{ op: "test", path: "/data/note", value: "hidden" }])).status).toBe(200);
      await patch(`${R}/a`, [{ op: "replace", path: "/data/person/name", value: "Bea" }]);
      expect((await store.get(`${R}/a`, boss)).body.data).toEqual({
        id: "a",
        note: "secret",
        person: { name: "Bea", phone: 5 },
        last_modified: expect.any(Number),
      });
      await patch(`${R}/a`, [{ op: "remove", path: "/data/note" }]);
      expect((await store.get(`${R}/a`, boss)).body.data).not.toHaveProperty("note");
    });
  });

  it("does not tell the size of an object with hidden parts", async () => {
    store = await startWithGuard();
    await put("a", { salary: "x".repeat(200_000) });
    await put("open", { n: "x".repeat(200_000) });
    const more = { data: { more: "x".repeat(300_000) } };
    const [hidden, open] = [await store.patch(`${R}/a`, more, alice), await store.patch(`${R}/open`, more, alice)];

    expect([hidden.status, open.status]).toEqual([413, 413]);
    expect(hidden.body.message).not.toMatch(/\d/);
    expect(open.body.message).toMatch(/\d{6} bytes/);
  });

  it("hides the existing object of a failed precondition likewise", async () => {
    store = await startWithGuard();
    await put("a", { n: 1, salary: 10 });
    await put("s", { secret: true });
    const headers = { "If-Match": '"1"' };
    const existing = async (path: string, method: string, user: object) =>
      (await store.request(path, { method, headers, body: { data: {} }, ...user })).body.details?.existing;

    for (const method of ["PUT", "PATCH"]) {
      expect(await existing(`${R}/a`, method, alice)).toEqual({ id: "a", n: 1, last_modified: expect.any(Number) });
      expect(await existing(`${R}/s`, method, alice)).toBeUndefined();
      expect(await existing(`${R}/a`, method, boss)).toMatchObject({ salary: 10 });
    }
    const deletion = await store.delete(`${R}/a`, { ...alice, headers });
    expect(deletion.body.details.existing).not.toHaveProperty("salary");
    const created = await store.put(`${R}/a`, { data: {} }, { ...alice, headers: { "If-None-Match": "*" } });
    expect(created.body.details.existing).not.toHaveProperty("salary");
    const read = await store.get(`${R}/a`, { ...alice, headers });
    expect([read.status, read.body.details.existing.salary]).toEqual([412, undefined]);
  });

  it("does not let a schema quote what it hides", async () => {
    store = await startWithGuard();
    await put("a", { salary: 98765 });
    await put("open", { n: 98765 });
    await store.patch(
      C,
      { data: { schema: { properties: { salary: { type: "string" }, n: { type: "string" } } } } },
      alice,
    );
    const answers = [
      await store.patch(`${R}/a`, { data: { x: 1 } }, alice),
      await store.put(`${R}/a`, { permissions: { read: [] } }, alice),
    ];

    for (const { status, body } of answers) {
      expect([status, body.message]).toEqual([400, expect.stringContaining("A plugin hides parts of it")]);
      expect(JSON.stringify(body)).not.toMatch(/98765|salary/);
    }
    expect(JSON.stringify((await store.patch(`${R}/open`, { data: { x: 1 } }, alice)).body)).toContain("98765");
    expect((await store.patch(`${R}/a`, { data: { x: 1 } }, boss)).body.message).toContain("salary");
  });
});
