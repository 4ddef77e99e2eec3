import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { console as consolePlugin } from "../../../plugins/console/index.ts";
import { email } from "../../../plugins/email/index.ts";
import { startStore, type TestStore } from "../../start-store.ts";

let store: TestStore;
let alice: string;
let bob: string;
beforeAll(async () => {
  store = await startStore({
    plugins: [
      consolePlugin({ administrators: ["/buckets/staff/groups/admins"] }),
      email({ from: "store@example.org", recipients: ["watcher@example.org"] }),
    ],
    settings: { recordReadPrincipals: ["/buckets/staff/groups/readers"] },
  });
  [alice, bob] = [await store.userId("alice"), await store.userId("bob")];
  await store.put("/buckets/staff");
  await store.put("/buckets/staff/groups/admins", { data: { members: [alice] } });
  await store.put("/buckets/staff/groups/readers", { data: { members: [bob] } });
  await store.put("/buckets/blog", {}, { as: "carol" });
  await store.put("/buckets/blog/collections/posts", {}, { as: "carol" });
});
afterAll(() => store.close());

describe("GET /__operations__/overview", () => {
  it("describes plugins, queues, open doors and health, for administrators only", async () => {
    const { status, body } = await store.get("/__operations__/overview");

    expect(status).toBe(200);
    expect(body.data).toMatchObject({
      place: "laptop",
      mail: "caught",
      health: { isHealthy: true, checks: { storage: true, queues: true } },
      settings: { recordReadPrincipals: ["/buckets/staff/groups/readers"] },
    });
    expect(body.data.plugins.map(({ name }: { name: string }) => name)).toContain("email");
    expect(body.data.queues.map(({ kind }: { kind: string }) => kind)).toContain("listener");
    expect(body.data.findings.map(({ check }: { check: string }) => check)).toContain("who may create buckets");
    expect(JSON.stringify(body)).not.toMatch(/hmac/i);
    expect((await store.get("/__operations__/overview", { as: "bob" })).status).toBe(403);
    expect((await store.get("/__operations__/overview", { as: null })).status).toBe(401);
  });
});

describe("GET /__operations__/permissions", () => {
  const explain = (user: string, path: string) =>
    store.get(`/__operations__/permissions?${new URLSearchParams({ user, path })}`);
  const POSTS = "/buckets/blog/collections/posts";

  it("explains a permission that a setting grants to a group", async () => {
    const { body } = await explain(bob, `${POSTS}/records/none`);

    expect(body.data.exists).toBe(false);
    expect(body.data.permissions.filter(({ allowed }: { allowed: boolean }) => allowed)).toMatchObject([
      { permission: "read:attributes" },
      {
        permission: "read",
        grants: [
          {
            principal: "/buckets/staff/groups/readers",
            member: bob,
            by: "setting",
            setting: "recordReadPrincipals",
          },
        ],
      },
    ]);
  });

  it("explains what an anonymous user may do at the root", async () => {
    const { body } = await explain("system.Everyone", "/");
    expect(body.data.permissions).toMatchObject([{ permission: "bucket:create", allowed: false }]);
  });

  it.each([
    [() => "/buckets/staff/groups/readers", POSTS, "A group is not a user"],
    [() => "plugin:email", POSTS, "A plugin may do what its needs declare"],
    [() => bob, "/buckets/blog/collections", "not the URI of an object"],
    [() => "", POSTS, "user"],
  ])("refuses what is no user or no object (%#)", async (user, path, message) => {
    const { status, body } = await explain(user(), path);
    expect([status, body.message]).toEqual([400, expect.stringContaining(message)]);
  });
});

describe("GET /__operations__/memberships", () => {
  it("lists the groups of a user", async () => {
    const { body } = await store.get(`/__operations__/memberships?user=${bob}`);
    expect(body).toEqual({ data: ["/buckets/staff/groups/readers"] });
  });
});

describe("GET /__operations__/mails", () => {
  it("lists caught mails in pages, and shows one", async () => {
    for (const id of ["a", "b"]) await store.put(`/buckets/blog/collections/posts/records/${id}`, {}, { as: "carol" });
    await store.drain();
    const { body, headers } = await store.get("/__operations__/mails?_limit=1");

    expect(body.data).toHaveLength(1);
    expect(headers.get("next-page")).toMatch(/\/v1\/__operations__\/mails\?_limit=1&before=[0-9a-f]{24}$/);
    const next = await store.get(String(headers.get("next-page")));
    expect(next.body.data).toHaveLength(1);
    expect(next.body.data[0].id).not.toBe(body.data[0].id);
    const mail = (await store.get(`/__operations__/mails/${body.data[0].id}`)).body.data;
    expect(mail).toMatchObject({ ...body.data[0], truncated: false, headers: { to: "watcher@example.org" } });
    expect(mail.raw).toContain("Subject:");
    expect((await store.get("/__operations__/mails/none")).status).toBe(404);
    expect((await store.get("/__operations__/mails?before=none")).body).toEqual({ data: [] });
  });
});
