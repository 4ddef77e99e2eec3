import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { definePlugin } from "@kintoun/kit";
import * as z from "zod";
import { basicauth } from "../../plugins/basicauth/index.ts";
import { defaultBucket } from "../../plugins/default-bucket/index.ts";
import { startStore, type TestStore } from "../start-store.ts";

const done: { params: unknown; uri: string | null; user: string | null }[] = [];
const COLOR = z.object({
  color: z.string().describe("The color."),
  coats: z.int().min(1).default(1),
  wet: z.boolean().optional(),
});
const run = ({ params, uri, user }: (typeof done)[number]) => {
  done.push({ params, uri, user });
  return { painted: uri };
};
const robot = definePlugin({
  name: "robot",
  about: "Paints and mends.",
  resources: { device: { about: "A thing.", parent: "bucket" } },
  actions: {
    paint: { about: "Paints it.", on: ["bucket", "collection", "group", "record", "device"], params: COLOR, run },
    look: { about: "Looks at it.", on: ["record"], permission: "read", run },
    fill: { about: "Fills it.", on: ["collection"], permission: "record:create", run },
    scarce: {
      about: "Is not everywhere.",
      on: ["bucket", "collection", "record"],
      buckets: () => ["b"],
      collections: () => ["c"],
      run,
    },
    wanted: { about: "Is where it is wanted.", on: ["bucket", "collection", "record"], optIn: true, run },
    tidy: { about: "Tidies up.", on: ["server"], principals: () => ["system.Authenticated"], run },
    never: { about: "No user may request it.", on: ["server"], run },
    ring: { about: "Rings.", on: ["server"], principals: () => ["system.Everyone"], run },
    sort: {
      about: "Sorts.",
      on: ["bucket"],
      params: z.object({ by: z.array(z.int()), ["__proto__"]: z.string().optional() }),
      run,
    },
  },
});

let store: TestStore;
let alice: string;
beforeAll(async () => {
  store = await startStore({ plugins: [basicauth(), defaultBucket(), robot()] });
  alice = await store.userId("alice");
  await store.put("/buckets/b");
  await store.put("/buckets/b/groups/g", { data: { members: [] } });
  await store.put("/buckets/b/collections/c");
  await store.put("/buckets/b/collections/c/records/r");
  await store.put("/buckets/b/devices/d");
  await store.put("/buckets/other");
});
afterAll(() => store.close());

const RECORD = "/buckets/b/collections/c/records/r";
const namesAt = async (path: string, as?: string | null) => {
  const { status, body } = await store.get(`${path}/actions`, as === undefined ? {} : { as });
  return status === 200 ? body.data.map(({ name }: { name: string }) => name) : status;
};
/** Requests an action and returns the parameters of its job. */
const paramsOf = async (path: string, body?: unknown) => {
  const { status, body: answer } = await store.post(path, body);
  if (status !== 202) throw new Error(`${status} ${JSON.stringify(answer)}`);
  await store.drain();
  return done.at(-1);
};

describe("actions", () => {
  it.each([
    ["", ["tidy", "ring"]],
    ["/buckets/b", ["paint", "sort"]],
    ["/buckets/b/groups/g", ["paint"]],
    ["/buckets/b/collections/c", ["paint", "fill", "scarce"]],
    [RECORD, ["paint", "look", "scarce"]],
    ["/buckets/b/devices/d", ["paint"]],
    ["/buckets/other", ["paint", "sort"]],
  ])("are listed where their definition states: at '%s'", async (place, names) => {
    expect(await namesAt(place)).toEqual(names);
    expect((await store.request(`${place}/actions`, { method: "HEAD" })).status).toBe(200);
  });

  it("describe their parameters as JSON Schema", async () => {
    const { body } = await store.get(`${RECORD}/actions/paint`);

    expect(body).toEqual({
      name: "paint",
      plugin: "robot",
      description: "Paints it.",
      params: {
        color: { type: "string", description: "The color.", required: true },
        coats: expect.objectContaining({ type: "integer", minimum: 1, default: 1, required: false }),
        wet: { type: "boolean", required: false },
      },
    });
  });

  it("with `optIn` exist only where the collection or bucket lists them", async () => {
    const path = `${RECORD}/actions/wanted`;
    expect((await store.post(path)).status).toBe(404);

    await store.patch(RECORD, { data: { actions: ["wanted"] } });
    expect((await store.post(path)).status).toBe(404);
    await store.patch("/buckets/b/collections/c", { data: { actions: ["wanted"] } });

    expect((await store.post(path)).status).toBe(202);
    expect(await namesAt("/buckets/b/collections/c")).toContain("wanted");
    expect(await namesAt("/buckets/b")).not.toContain("wanted");
    await store.patch("/buckets/other", { data: { actions: ["wanted"] } });
    expect(await namesAt("/buckets/other")).toContain("wanted");
  });

  it("can only be requested and listed with their permission", async () => {
    await store.put("/buckets/b/collections/shared", {
      permissions: { "record:create": ["system.Authenticated"], read: ["system.Everyone"] },
    });
    await store.put("/buckets/b/collections/shared/records/r");
    const shared = "/buckets/b/collections/shared";

    expect(await namesAt(shared, "bob")).toEqual(["fill"]);
    expect(await namesAt(`${shared}/records/r`, "bob")).toEqual(["look"]);
    expect(await namesAt(`${shared}/records/r`, null)).toEqual(["look"]);
    expect(await namesAt(RECORD, "bob")).toBe(403);
    expect(await namesAt(RECORD, null)).toBe(401);
    expect((await store.post(`${shared}/records/r/actions/paint`, { color: "red" }, { as: "bob" })).status).toBe(403);
    expect((await store.post(`${shared}/records/r/actions/paint`, { color: "red" }, { as: null })).status).toBe(401);
    expect((await store.post(`${shared}/records/r/actions/look`, undefined, { as: "bob" })).status).toBe(202);
    expect((await store.get(`${shared}/records/r/actions/paint`, { as: "bob" })).status).toBe(403);
  });

  it("of the server can only be requested by their principals", async () => {
    expect(await namesAt("", null)).toEqual(["ring"]);
    expect((await store.post("/actions/tidy", undefined, { as: null })).status).toBe(401);
    expect((await store.post("/actions/tidy")).status).toBe(202);
    expect((await store.post("/actions/never")).status).toBe(403);
    expect((await store.get("/actions/nothing")).status).toBe(404);
  });

  it("require an existing object", async () => {
    expect((await store.post("/buckets/b/collections/c/records/none/actions/paint", { color: "red" })).status).toBe(
      404,
    );
    expect((await store.get("/buckets/b/collections/none/actions")).status).toBe(404);
    expect((await store.post("/buckets/nowhere/actions/paint", { color: "red" })).status).toBe(403);
    expect((await store.post(`${RECORD}/actions/nothing`)).body).toMatchObject({
      code: 404,
      details: { id: "nothing", resource_name: "action" },
    });
  });

  it("reject other methods", async () => {
    for (const method of ["PUT", "PATCH", "DELETE"]) {
      const refused = await store.request(`${RECORD}/actions/paint`, { method });

      expect([refused.status, refused.headers.get("allow")]).toEqual([405, "GET, HEAD, POST, OPTIONS"]);
    }
    expect((await store.post(`${RECORD}/actions`)).status).toBe(405);
  });

  it("respond with the job and its location", async () => {
    const { status, headers, body } = await store.post(`${RECORD}/actions/paint`, { color: "red" });

    expect([status, headers.get("location")]).toEqual([202, `${store.url}/jobs/${body.job_id}`]);
    await store.drain();
    expect(done.at(-1)).toEqual({ params: { color: "red", coats: 1 }, uri: RECORD, user: alice });
    expect((await store.get(String(headers.get("location")))).body).toMatchObject({
      action: "paint",
      uri: RECORD,
      result: { painted: RECORD },
    });
  });

  it("can be requested at the default bucket", async () => {
    const { user } = (await store.get("/")).body;

    expect(await paramsOf("/buckets/default/actions/paint", { color: "red" })).toMatchObject({
      uri: `/buckets/${user.bucket}`,
    });
  });

  it("cannot be part of a batch, which could not roll them back", async () => {
    const before = done.length;
    const { body } = await store.post("/batch", {
      requests: [
        { method: "POST", path: `${RECORD}/actions/paint`, body: { color: "red" } },
        { path: `${RECORD}/actions/paint` },
      ],
    });

    expect(body.responses.map(({ status }: { status: number }) => status)).toEqual([400, 200]);
    await store.drain();
    expect(done).toHaveLength(before);
  });
});

describe("parameters of an action", () => {
  const paint = `${RECORD}/actions/paint`;

  it("are read from the query and converted to their types", async () => {
    expect(await paramsOf(`${paint}?color=1&coats=3&wet=true`)).toMatchObject({
      params: { color: "1", coats: 3, wet: true },
    });
    expect(await paramsOf("/buckets/b/actions/sort?by=3&by=1")).toMatchObject({ params: { by: [3, 1] } });
    expect(await paramsOf("/buckets/b/actions/sort?by=3")).toMatchObject({ params: { by: [3] } });
  });

  it("are read from the body or the query, not from both", async () => {
    const refused = await store.post(`${paint}?color=red`, { coats: 2 });

    expect([refused.status, refused.body.message]).toEqual([400, expect.stringContaining("not in both")]);
  });

  it.each([
    ["in the query", `${paint}?coats=many&wet=perhaps`, undefined, "querystring"],
    ["in the body", paint, { coats: "many", wet: 1 }, "body"],
  ])("are rejected in one response with each issue, %s", async (_, path, body, location) => {
    const { status, body: answer } = await store.post(path, body);

    expect(status).toBe(400);
    expect(answer.details.map((issue: { name: string; location: string }) => [issue.location, issue.name])).toEqual([
      [location, "coats"],
      [location, "color"],
      [location, "wet"],
    ]);
    expect(answer.details[1].description).toBe("Required");
  });

  it.each([
    ["an array", "[1]", "application/json", 400],
    ["no JSON", "{", "application/json", 400],
    ["of another type", '{"color": "red"}', "text/plain", 415],
    ["too large", JSON.stringify({ color: "x".repeat(100_001) }), "application/json", 413],
  ])("must be a JSON object of limited size: %s is rejected", async (_, body, type, status) => {
    expect((await store.request(paint, { method: "POST", body, headers: { "content-type": type } })).status).toBe(
      status,
    );
  });

  it("are rejected by an action without parameters", async () => {
    const { status, body } = await store.post(`${RECORD}/actions/look?deep=true`);

    expect([status, body.details[0].name]).toEqual([400, "deep"]);
    expect((await store.post(`${RECORD}/actions/look`, {})).status).toBe(202);
  });

  it("may have any name", async () => {
    expect(await paramsOf("/buckets/b/actions/sort", '{"by": [], "__proto__": "x"}')).toMatchObject({
      params: { by: [] },
    });
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });
});

describe("Idempotency-Key", () => {
  const paint = `${RECORD}/actions/paint`;
  const ask = (key: string, color: string, as = "alice") =>
    store.post(paint, { color }, { as, headers: { "idempotency-key": key } });

  it("returns the same job for a repeated request", async () => {
    const before = done.length;

    const all = await Promise.all([ask("k1", "red"), ask("k1", "red"), ask("k1", "red")]);
    await store.drain();
    const later = await ask("k1", "red");
    await store.drain();

    expect(new Set([...all, later].map(({ status, body }) => `${status} ${body.job_id}`)).size).toBe(1);
    expect(done).toHaveLength(before + 1);
  });

  it("is scoped to user, action and object", async () => {
    await store.patch(RECORD, { permissions: { write: ["system.Authenticated"] } });
    const first = await ask("k2", "red");

    expect((await ask("k2", "red", "bob")).body.job_id).not.toBe(first.body.job_id);
    const elsewhere = await store.post(
      "/buckets/b/actions/paint",
      { color: "red" },
      { headers: { "idempotency-key": "k2" } },
    );
    expect(elsewhere.body.job_id).not.toBe(first.body.job_id);
  });

  it("creates a new job after the former one was removed", async () => {
    await using other = await startStore({ plugins: [basicauth(), robot()] });
    await other.put("/buckets/b");
    const again = async () =>
      (await other.post("/buckets/b/actions/paint", { color: "red" }, { headers: { "idempotency-key": "k" } })).body
        .job_id;
    const id = await again();
    await other.drain();
    const before = done.length;

    other.clock.advance(8 * 24 * 3600_000);
    expect(await again()).toBe(id);
    await other.drain();

    expect(done).toHaveLength(before + 1);
  });

  it("is rejected from anonymous users, whose job anyone who guesses the key would get", async () => {
    const ring = (key?: string) =>
      store.post("/actions/ring", undefined, {
        as: null,
        headers: key === undefined ? {} : { "idempotency-key": key },
      });

    const { status, body } = await ring("guessed");
    expect([status, body.details[0]]).toMatchObject([400, { location: "header", name: "Idempotency-Key" }]);
    const [first, second] = [await ring(), await ring()];
    expect([first.status, second.status]).toEqual([202, 202]);
    expect(first.body.job_id).not.toBe(second.body.job_id);
  });

  it("is rejected with other parameters", async () => {
    await ask("k3", "red");

    expect((await ask("k3", "blue")).body).toMatchObject({ code: 409, errno: 122 });
  });

  it.each([
    ["nothing", ""],
    ["two words", "two words"],
    ["too long", "x".repeat(256)],
  ])("must be a short word: %s is rejected", async (_, key) => {
    const { status, body } = await ask(key, "red");

    expect([status, body.details[0]]).toMatchObject([400, { location: "header", name: "Idempotency-Key" }]);
  });
});
