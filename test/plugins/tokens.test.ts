import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { definePlugin } from "../../kit/index.ts";
import { tokens } from "../../plugins/tokens/index.ts";
import { isToken } from "../../plugins/tokens/token-text.ts";
import { startStore, type TestStore } from "../start-store.ts";

const POSTS = "/buckets/blog/collections/posts";
const HOUR_MS = 3600_000;

const members = new Map<string, number>([
  ["ada", 0],
  ["root", 0],
]);
/** Users that can be disabled and created again. */
const club = definePlugin({
  name: "club",
  about: "Identifies members, for tests.",
  authentication: {
    schemes: ["club"],
    challenge: "Club",
    identify: ({ credentials }) => (members.has(credentials) ? credentials : null),
    isActive: ({ id, since }) => (members.get(id) ?? Number.POSITIVE_INFINITY) <= since,
  },
});

let store: TestStore;
beforeAll(async () => {
  store = await startStore({ plugins: [tokens({ maxTokens: 3, administrators: ["club:root"] }), club()] });
  await store.put("/buckets/blog");
  for (const path of [POSTS, "/buckets/blog/collections/drafts"]) await store.put(path);
});
afterAll(() => store.close());

const READ_POSTS = { name: "reader", scope: { read: [POSTS] } };
const create = async (data: object = READ_POSTS, options: object = {}) =>
  (await store.post("/tokens", { data }, options)).body.data as { id: string; token: string; expires: number };
const withToken = (token: string) => ({ as: null, headers: { authorization: `Bearer ${token}` } });
const statusOf = async (path: string, token: string) => (await store.get(path, withToken(token))).status;

describe("an API token", () => {
  it("does what its scope allows, as its user", async () => {
    const { id, token } = await create();
    expect(await statusOf(`${POSTS}/records`, token)).toBe(200);
    expect(await statusOf("/buckets/blog/collections/drafts", token)).toBe(403);
    expect((await store.post(`${POSTS}/records`, {}, withToken(token))).status).toBe(403);
    expect((await store.get("/", withToken(token))).body.user).toMatchObject({
      id: await store.userId("alice"),
      scope: READ_POSTS.scope,
    });
    await store.delete(`/tokens/${id}`);
  });

  it("cannot create, list or revoke tokens", async () => {
    const { id, token } = await create({ name: "all", scope: { write: ["/buckets/*"], "bucket:create": ["/"] } });
    expect((await store.post("/tokens", { data: READ_POSTS }, withToken(token))).status).toBe(403);
    expect(await statusOf("/tokens", token)).toBe(403);
    expect((await store.delete(`/tokens/${id}`, withToken(token))).status).toBe(403);
    await store.delete(`/tokens/${id}`);
  });

  it("is listed and revoked by administrators, who do not see the token itself", async () => {
    const { id, token } = await create();
    const asRoot = { as: null, headers: { authorization: "Club root" } };
    const query = `?user=${await store.userId("alice")}`;

    const { body } = await store.get(`/user-tokens${query}`, asRoot);
    expect(body.data).toMatchObject([{ id, name: "reader" }]);
    expect(JSON.stringify(body)).not.toContain(token);
    expect((await store.get(`/user-tokens${query}`)).status).toBe(403);
    expect((await store.get(`/user-tokens${query}`, { as: null })).status).toBe(401);
    expect((await store.delete(`/user-tokens/${id}${query}`)).status).toBe(403);
    expect((await store.delete(`/user-tokens/${id}?user=club:ada`, asRoot)).status).toBe(404);
    expect((await store.delete(`/user-tokens/${id}${query}`, asRoot)).body).toEqual({ data: { id, deleted: true } });
    expect(await statusOf(POSTS, token)).toBe(401);
  });

  it("is refused as soon as it is revoked", async () => {
    const { id, token } = await create();
    expect(await statusOf(POSTS, token)).toBe(200);
    expect((await store.delete(`/tokens/${id}`, { as: "bob" })).status).toBe(404);
    expect((await store.delete(`/tokens/${id}`)).body).toEqual({ data: { id, deleted: true } });
    const refused = await store.get(POSTS, withToken(token));
    expect(refused.status).toBe(401);
    expect(refused.headers.get("www-authenticate")).toContain('error="invalid_token"');
    expect((await store.delete(`/tokens/${id}`)).status).toBe(404);
  });

  it("ends with its owner, also if another user gets the id", async () => {
    const asAda = { as: null, headers: { authorization: "Club ada" } };
    await store.patch(POSTS, { permissions: { read: ["club:ada"] } });
    const { token } = await create(READ_POSTS, asAda);
    expect(await statusOf(POSTS, token)).toBe(200);
    members.delete("ada");
    expect(await statusOf(POSTS, token)).toBe(401);
    const other = { name: "of the new user", scope: READ_POSTS.scope };
    store.clock.advance(HOUR_MS);
    members.set("ada", store.clock.now());
    expect(await statusOf(POSTS, token)).toBe(401);
    expect((await store.get("/tokens", asAda)).body.data).toEqual([]);
    for (let n = 0; n < 3; n++) await create(other, asAda);
    expect((await store.get("/tokens", asAda)).body.data.map(({ name }: { name: string }) => name)).toEqual(
      Array(3).fill(other.name),
    );
    members.set("ada", 0);
    expect(await statusOf(POSTS, token)).toBe(200);
  });

  it("has a checksum, so that other texts cost no call", async () => {
    const { id, token } = await create();
    expect(token).toMatch(/^kintoun_pat_[0-9A-Za-z]{49}$/);
    expect(isToken(token)).toBe(true);
    const other = token.at(20) === "0" ? "1" : "0";
    for (const wrong of [`${token.slice(0, 20)}${other}${token.slice(21)}`, `${token}0`, token.slice(0, -1), ""])
      expect({ wrong, is: isToken(wrong) }).toEqual({ wrong, is: false });
    await store.delete(`/tokens/${id}`);
  });
});

describe("/tokens", () => {
  it("lists the user's tokens without secrets, and when they were used", async () => {
    const first = await create();
    const second = await create({ ...READ_POSTS, name: "second" });
    await statusOf(POSTS, first.token);
    const { body, headers, text } = await store
      .get("/tokens")
      .then((one) => ({ ...one, text: JSON.stringify(one.body) }));
    expect(headers.get("cache-control")).toBe("no-store");
    expect(body.data.map(({ name }: { name: string }) => name)).toEqual(["second", "reader"]);
    expect(body.data[1]).toMatchObject({ id: first.id, scope: READ_POSTS.scope, last_used: expect.any(Number) });
    expect(body.data[0].last_used).toBeNull();
    for (const secret of [first.token, second.token, "hash"]) expect(text).not.toContain(secret);
    expect((await store.get("/tokens", { as: "bob" })).body.data).toEqual([]);
    expect((await store.get("/tokens", { as: null })).status).toBe(401);
  });

  it("limits the number of tokens, without those that have expired", async () => {
    const last = await create({ ...READ_POSTS, expires_in: 60 });
    expect((await store.post("/tokens", { data: READ_POSTS })).status).toBe(409);
    store.clock.set(last.expires + 1000);
    expect(await statusOf(POSTS, last.token)).toBe(401);
    expect((await store.post("/tokens", { data: READ_POSTS })).status).toBe(201);
    const { body } = await store.delete("/tokens");
    expect(body.data).toHaveLength(3);
    expect((await store.get("/tokens")).body.data).toEqual([]);
  });

  it("refuses invalid scopes and times", async () => {
    const bodies = [
      { name: "x", scope: {} },
      { name: "x", scope: { read: [] } },
      { name: "x", scope: { write: ["/accounts/alice"] } },
      { name: "x", scope: { "account:create": ["/"] } },
      { name: "x", scope: { admin: [POSTS] } },
      { name: "x", scope: { read: ["/"] } },
      { name: "x", scope: { "bucket:create": ["/"], write: [POSTS, "/"] } },
      { name: "x", scope: { read: ["buckets/blog"] } },
      { name: "x", scope: { read: ["/buckets"] } },
      { name: "x", scope: { read: Array.from({ length: 100 }, (_, n) => `/buckets/some-long-name-${n}`) } },
      { name: "x" },
      { ...READ_POSTS, expires_in: 367 * 86_400 },
      { ...READ_POSTS, expires_in: 0 },
      { ...READ_POSTS, id: "mine" },
    ];
    for (const data of bodies)
      expect({ data, status: (await store.post("/tokens", { data })).status }).toEqual({ data, status: 400 });
  });

  it("stores the last use at most once per hour", async () => {
    const { id, token } = await create();
    const lastUse = async () =>
      (await store.get("/tokens")).body.data.find((one: { id: string }) => one.id === id).last_used;
    await statusOf(POSTS, token);
    const first = await lastUse();
    store.clock.advance(HOUR_MS - 1000);
    await statusOf(POSTS, token);
    expect(await lastUse()).toBe(first);
    store.clock.advance(2000);
    await statusOf(POSTS, token);
    expect(await lastUse()).toBe(first + HOUR_MS + 1000);
    await store.delete(`/tokens/${id}`);
  });
});

describe("the commands of operators", () => {
  it("list and revoke tokens of all users", async () => {
    const own = await create();
    const bobs = await create(READ_POSTS, { as: "bob" });
    const bob = await store.userId("bob");
    expect((await store.runCommand("tokens", "list", {})).join("\n")).toContain(own.id);
    expect((await store.runCommand("tokens", "list", { user: bob })).join("\n")).toMatch(
      new RegExp(`${bob}  ${bobs.id}  "reader"  expires`),
    );
    expect(await store.runCommand("tokens", "revoke", { token: own.token })).toEqual([
      `Revoked a token of ${await store.userId("alice")}.`,
    ]);
    expect(await store.runCommand("tokens", "revoke", { user: bob })).toEqual([`Revoked 1 token of ${bob}.`]);
    for (const { token } of [own, bobs]) expect(await statusOf(POSTS, token)).toBe(401);
    expect(store.logLines.join("\n")).not.toContain(own.token);
  });
});
