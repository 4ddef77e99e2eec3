import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { currentScope } from "../../core/permissions/scope.ts";
import { definePlugin, jsonResponse } from "../../kit/index.ts";
import type { JsonObject } from "../../lib/json.ts";
import { basicauth } from "../../plugins/basicauth/index.ts";
import { defaultBucket } from "../../plugins/default-bucket/index.ts";
import { search } from "../../plugins/search/index.ts";
import { scoped, scopedHeaders } from "../property/compare.ts";
import type { Scope } from "../property/permissions.ts";
import { startStore, type TestStore } from "../start-store.ts";

const POSTS = "/buckets/blog/collections/posts";
const DRAFTS = "/buckets/blog/collections/drafts";

const seen: object[] = [];
const desk = definePlugin({
  name: "desk",
  about: "Has routes and actions, for tests.",
  routes: {
    "GET /desk": { about: "Has no permission.", run: () => jsonResponse({}) },
    "GET /desk/users": {
      about: "Is for all users.",
      for: { principals: () => ["system.Authenticated"] },
      run: () => jsonResponse({}),
    },
    "GET /buckets/:bucket/collections/:collection/desk": {
      about: "Has a permission.",
      permission: { permission: "read", on: "/buckets/:bucket/collections/:collection" },
      run: async ({ send }) =>
        jsonResponse({ drafts: (await send({ method: "GET", path: `${DRAFTS}/records` })).status }),
    },
    "GET /desk/rewritten": { about: "Reads the drafts.", rewrite: async () => ({ path: `${DRAFTS}/records` }) },
  },
  actions: {
    count: {
      about: "Counts.",
      on: ["collection"],
      permission: "read",
      run: async ({ user }) => void seen.push({ user, declared: currentScope()?.declared }),
    },
    sweep: { about: "Sweeps.", on: ["server"], principals: () => ["system.Authenticated"], run: async () => undefined },
  },
});

let store: TestStore;
let alice: string;
const within = (scope: Scope) => ({ as: null, headers: scopedHeaders(alice, scope) });
let readPosts: ReturnType<typeof within>;
beforeAll(async () => {
  store = await startStore({
    plugins: [basicauth(), scoped(), search(), defaultBucket(), desk()],
    settings: { bucketReadPrincipals: ["system.Authenticated"], jobsReadPrincipals: ["system.Authenticated"] },
  });
  alice = await store.userId("alice");
  readPosts = within({ read: [POSTS] });
  for (const path of ["/buckets/blog", "/buckets/other", POSTS, DRAFTS]) await store.put(path);
  for (const list of [POSTS, DRAFTS])
    for (const id of ["one", "two"]) await store.put(`${list}/records/${id}`, { data: { title: "Tea" } });
});
afterAll(() => store.close());

const idsOf = (body: JsonObject) => (body.data as { id: string }[]).map(({ id }) => id).toSorted();
const hitsOf = (body: { hits: { hits: { _id: string }[] } }) => body.hits.hits.map(({ _id }) => _id);

describe("a request with a scope", () => {
  it("reads what the scope allows, and nothing else", async () => {
    expect((await store.get(`${POSTS}/records`, readPosts)).status).toBe(200);
    for (const path of ["/buckets/blog", `${DRAFTS}/records`, `${DRAFTS}/records/one`, "/buckets"])
      expect({ path, status: (await store.get(path, readPosts)).status }).toEqual({ path, status: 403 });
    expect(idsOf((await store.get("/buckets/blog/collections", readPosts)).body)).toEqual(["posts"]);
  });

  it("does not write, delete or change permissions without the permission write", async () => {
    const create = within({ read: [POSTS], "record:create": [POSTS] });
    const permissions = { read: ["system.Everyone"] };
    const created = await store.post(`${POSTS}/records`, { data: { id: "three" }, permissions }, create);
    expect(created).toMatchObject({ status: 201, body: { permissions: {} } });
    const path = `${POSTS}/records/three`;
    expect((await store.patch(path, { permissions: { read: [] } }, create)).status).toBe(403);
    expect((await store.put(path, { data: {} }, create)).status).toBe(403);
    expect((await store.delete(path, create)).status).toBe(403);
    expect((await store.delete(`${POSTS}/records`, create)).body.data).toEqual([]);
    expect((await store.get(path)).body.permissions).toMatchObject(permissions);
    expect((await store.delete(path, within({ write: [path] }))).status).toBe(200);
  });

  it("has the permissions of its user at most", async () => {
    const everything = { as: null, headers: scopedHeaders("basicauth:another", { write: ["/buckets/*"] }) };
    expect((await store.put(`${POSTS}/records/one`, { data: {} }, everything)).status).toBe(403);
  });

  it("is limited in each part of a batch by the credentials of the part", async () => {
    const requests = [
      { path: `${POSTS}/records` },
      { path: `${DRAFTS}/records` },
      { path: `${DRAFTS}/records`, headers: { authorization: scopedHeaders(alice, { read: [DRAFTS] }).authorization } },
    ];
    const { body } = await store.post("/batch", { requests }, readPosts);
    expect(body.responses.map(({ status }: { status: number }) => status)).toEqual([200, 403, 200]);
  });

  it("finds only what the scope allows to read", async () => {
    await store.post("/search", {});
    const body = { query: { match_all: {} } };
    expect(hitsOf((await store.post("/search", body)).body)).toHaveLength(4);
    for (const scope of [{ read: [POSTS] }, { read: ["/buckets/*/collections/posts"] }])
      expect(hitsOf((await store.post("/search", body, within(scope))).body).toSorted()).toEqual(["one", "two"]);
    expect((await store.post(`${DRAFTS}/search`, body, readPosts)).status).toBe(403);
    expect(hitsOf((await store.post("/buckets/blog/search", body, readPosts)).body)).toHaveLength(2);
    expect((await store.post("/buckets/other/search", body, readPosts)).status).toBe(403);
    expect((await store.post("/search", { ...body, all_projects: true }, readPosts)).status).toBe(403);
    const one = within({ read: [`${POSTS}/records/one`] });
    expect(idsOf((await store.get(`${POSTS}/records`, one)).body)).toEqual(["one"]);
    expect(hitsOf((await store.post(`${POSTS}/search`, body, one)).body)).toEqual(["one"]);
  });

  it("is refused by routes of plugins without a permission, and checked by the others", async () => {
    expect((await store.get("/desk")).status).toBe(200);
    expect((await store.get("/desk", readPosts)).status).toBe(403);
    expect((await store.get("/desk/users")).status).toBe(200);
    expect((await store.get("/desk/users", readPosts)).status).toBe(403);
    expect((await store.get(`${POSTS}/desk`, readPosts)).body).toEqual({ drafts: 403 });
    expect((await store.get(`${POSTS}/desk`)).body).toEqual({ drafts: 200 });
    expect((await store.get(`${DRAFTS}/desk`, readPosts)).status).toBe(403);
    expect((await store.get("/desk/rewritten", readPosts)).status).toBe(403);
    expect((await store.get("/desk/rewritten", within({ read: [DRAFTS] }))).status).toBe(200);
  });

  it("does not create the default bucket unless the scope allows it", async () => {
    const path = "/buckets/default/collections/notes/records";
    const bucket = `/buckets/${(await store.get("/")).body.user.bucket}`;
    expect((await store.post(path, {}, readPosts)).status).toBe(403);
    expect((await store.post(path, {}, within({ write: [bucket] }))).status).toBe(403);
    expect((await store.get(bucket)).status).toBe(404);
    expect((await store.post(path, {}, within({ write: [bucket], "bucket:create": ["/"] }))).status).toBe(201);
  });

  it("starts and sees the jobs that the scope allows", async () => {
    expect((await store.post(`${DRAFTS}/actions/count`, undefined, readPosts)).status).toBe(403);
    expect((await store.post("/actions/sweep", undefined, readPosts)).status).toBe(403);
    const started = await store.post(`${DRAFTS}/actions/count`);
    const { status, body } = await store.post(`${POSTS}/actions/count`, undefined, readPosts);
    expect(status).toBe(202);
    await store.drain();
    expect(seen).toContainEqual({ user: alice, declared: undefined });
    expect(seen).toContainEqual({ user: alice, declared: [{ read: [POSTS] }] });
    expect((await store.get("/jobs")).body.data).toHaveLength(2);
    expect(idsOf((await store.get("/jobs", readPosts)).body)).toEqual([body.job_id]);
    expect((await store.get(`/jobs/${started.body.job_id}`, readPosts)).status).toBe(403);
    expect((await store.delete(`/jobs/${started.body.job_id}`, readPosts)).status).toBe(403);
  });

  it("is shown by the root page", async () => {
    expect((await store.get("/", readPosts)).body.user).toMatchObject({ id: alice, scope: { read: [POSTS] } });
    expect((await store.get("/")).body.user.scope).toBeUndefined();
  });

  it("fails if the scope is not valid", async () => {
    const invalid = { as: null, headers: scopedHeaders(alice, { read: "/buckets/blog" } as unknown as Scope) };
    expect((await store.get(POSTS, invalid)).status).toBe(500);
  });
});
