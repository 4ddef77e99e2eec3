import { afterEach, describe, expect, it } from "@jest/globals";
import { type BeforeHook, definePlugin, need, type ObjectChange } from "@kintoun/kit";
import { basicauth } from "../../plugins/basicauth/index.ts";
import { startStore, type TestStore } from "../start-store.ts";
import { waitUntil } from "../wait-until.ts";
import { C, type Change, createHookPlugin, parseErrors, R, type Run, startWithPlugins } from "./record-hooks.ts";

let store: TestStore;
afterEach(() => store?.close());

const READERS = "/buckets/b/groups/readers";
const grantRead: Run = (_, { grant }) => grant({ read: [READERS] });

/** A plugin whose hook grants the group of readers `read` on each new record. */
const createGranting = (write: string, run: Run = grantRead, more: Partial<BeforeHook<void, void, Change>> = {}) =>
  definePlugin({
    name: "sharing",
    about: "Shares new records with a group.",
    needs: () => ({ data: need.data({ write: [write] }) }),
    hooks: { before: { share: { on: ["record.create"], ...more, run } } },
  })();

describe("before hook and permissions", () => {
  it("gets the permissions before and after the change", async () => {
    const seen: ObjectChange[] = [];
    store = await startWithPlugins(createHookPlugin("watch", (change) => void seen.push(change)));
    const alice = await store.userId("alice");
    await store.put(`${R}/r`, { data: {}, permissions: { read: ["system.Everyone"] } });
    await store.patch(`${R}/r`, { permissions: { read: ["basicauth:bob"] } });
    await store.put(`${R}/r`, { data: {} });
    await store.delete(`${R}/r`);

    const both = { write: [alice] };
    expect(seen.map(({ old_permissions, new_permissions }) => [old_permissions, new_permissions])).toEqual([
      [undefined, { ...both, read: ["system.Everyone"] }],
      [
        { ...both, read: ["system.Everyone"] },
        { ...both, read: ["basicauth:bob"] },
      ],
      [
        { ...both, read: ["basicauth:bob"] },
        { ...both, read: ["basicauth:bob"] },
      ],
      [{ ...both, read: ["basicauth:bob"] }, undefined],
    ]);
  });

  it("adds permissions to each new record, and keeps those of the request", async () => {
    store = await startWithPlugins(createGranting("/buckets/b"));
    const bob = await store.userId("bob");
    await store.put(READERS, { data: { members: [bob] } });
    const { body } = await store.put(`${R}/r`, { data: {}, permissions: { read: ["basicauth:x"] } });

    expect(body.permissions).toEqual({ read: ["basicauth:x", READERS], write: [await store.userId("alice")] });
    expect((await store.get(`${R}/r`, { as: "bob" })).status).toBe(200);
    expect((await store.get(`${R}/r`, { as: "carol" })).status).toBe(403);
    expect((await store.get(R, { as: "bob" })).body.data).toMatchObject([{ id: "r" }]);
  });

  it("shows the hooks after it what it added, and adds a principal once", async () => {
    const seen: unknown[] = [];
    store = await startWithPlugins(
      createGranting("/buckets/b", (_, { grant }) => {
        grant({ read: [READERS] });
        grant({ read: [READERS], write: [READERS] });
      }),
      createHookPlugin("watch", ({ new_permissions }) => void seen.push(new_permissions)),
    );
    const { body } = await store.put(`${R}/r`, { data: {}, permissions: { read: [READERS] } });

    expect(body.permissions).toEqual({ read: [READERS], write: [await store.userId("alice"), READERS] });
    expect(seen).toEqual([body.permissions]);
  });

  it("cannot remove permissions, and cannot skip the permission check of the request", async () => {
    store = await startWithPlugins(
      createGranting("/buckets/b", ({ user_id }, { grant }) => grant({ read: [], write: [user_id] })),
    );
    const bob = { as: "bob" };
    expect((await store.put(`${R}/r`, { data: {} }, bob)).status).toBe(403);
    const { body } = await store.put(`${R}/r`, { data: {}, permissions: { read: [READERS] } });
    expect(body.permissions.read).toEqual([READERS]);
  });

  it.each<[string, unknown, string]>([
    ["an unknown permission", { raed: [READERS] }, "permissions"],
    ["no list of principals", { read: READERS }, "permissions.read"],
    ["an invalid principal", { read: [READERS, ""] }, "permissions.read.1"],
    ["no object", null, "permissions"],
  ])("fails the request when it adds %s", async (_, permissions, name) => {
    store = await startWithPlugins(createGranting("/buckets/b", (__, { grant }) => grant(permissions as never)));

    expect((await store.put(`${R}/r`, { data: {} })).status).toBe(500);
    expect((await store.get(`${R}/r`)).status).toBe(404);
    expect(parseErrors(store)[0].error.message).toContain(`${name} in body`);
  });

  it.each([
    ["/buckets/b", 201],
    [C, 201],
    ["/buckets/*", 201],
    ["/buckets/b/collections/other", 500],
    ["/buckets/other", 500],
  ])("needs `write` on the object: with write on %s the request gets a %d", async (write, status) => {
    store = await startWithPlugins(createGranting(write));

    expect((await store.put(`${R}/r`, { data: {} })).status).toBe(status);
    if (status === 500)
      expect(parseErrors(store)[0].error.message).toBe(
        `The before hook 'share' of the plugin 'sharing' failed: it grants permissions on ${R}/r without the permission to write it. Add need.data({ write: […] }) with the object or one above it`,
      );
  });

  it("cannot grant by `record:create` or `read` alone", async () => {
    const plugin = definePlugin({
      name: "sharing",
      about: "Shares new records with a group.",
      needs: () => ({ data: need.data({ "record:create": [C], read: ["/buckets/b"] }) }),
      hooks: { before: { share: { on: ["record.create"], run: (_, { grant }) => grant({ read: [READERS] }) } } },
    });
    store = await startStore({ plugins: [basicauth(), plugin()] });
    await store.put("/buckets/b");
    await store.put(C);
    expect((await store.put(`${R}/r`, { data: {} })).status).toBe(500);
  });

  it("cannot add permissions to a deleted object, or after it has ended", async () => {
    const late: unknown[] = [];
    store = await startWithPlugins(
      createGranting(
        "/buckets/b",
        (change, { grant }) => {
          if (change.action === "delete") grant({ read: [READERS] });
          setTimeout(() => {
            try {
              grant({ read: [READERS] });
            } catch (error) {
              late.push(error);
            }
          }, 50);
        },
        { on: ["record.create", "record.delete"] },
      ),
    );
    await store.put(`${R}/r`, { data: {} });
    expect((await store.delete(`${R}/r`)).status).toBe(500);
    await waitUntil("the late grant was refused", () => late.length > 0);
    expect(late.map(String)).toContain("Error: it grants permissions after it had ended");
  });
});
