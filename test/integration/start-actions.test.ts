import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { type ActionRef, definePlugin, jsonResponse, need, refuse } from "@kintoun/kit";
import * as z from "zod";
import { readConfig } from "../../config/config.ts";
import { basicauth } from "../../plugins/basicauth/index.ts";
import { startStore, type TestStore } from "../start-store.ts";

const countParams = z.object({ count: z.int().min(1).default(1) });
const clean: ActionRef<z.input<typeof countParams>> = { plugin: "cleaner", name: "clean", params: countParams };
const ran: string[] = [];
const cleaner = definePlugin({
  name: "cleaner",
  about: "Has an action that other plugins start.",
  actions: {
    clean: {
      about: "Cleans a collection.",
      on: ["collection", "record"],
      permission: "execute",
      params: countParams,
      run: ({ uri, user, params }) => void ran.push(`${user} ${uri} ${params.count}`),
    },
    tidy: {
      about: "Tidies the server.",
      on: ["server"],
      principals: () => ["plugin:clerk"],
      run: ({ user }) => void ran.push(`${user} tidied`),
    },
  },
});
let refuses = false;
const clerk = definePlugin({
  name: "clerk",
  about: "Starts actions.",
  needs: () => ({
    clean: need.action(clean),
    tidy: need.action({ plugin: "cleaner", name: "tidy" }),
    own: need.action({ name: "own", params: z.object({ deep: z.boolean() }) }),
    loop: need.action({ name: "loop" }),
    data: need.data({ execute: ["/buckets/shop/collections/open"], read: ["/buckets/shop"] }),
  }),
  setup: ({ resources }) => resources,
  actions: {
    own: {
      about: "Only the plugin starts it.",
      on: ["server", "record"],
      params: z.object({ deep: z.boolean() }),
      run: ({ uri, params }) => void ran.push(`own ${uri} ${params.deep}`),
    },
    loop: {
      about: "Starts itself.",
      on: ["server"],
      retries: 0,
      run: async (_, { services }) => {
        ran.push("loop");
        await services.loop.start({});
      },
    },
  },
  hooks: {
    before: {
      start: {
        on: ["record.create"],
        buckets: () => ["blog"],
        run: async ({ uri }, { services }) => {
          await services.own.start({ deep: true }, { uri, key: uri });
          if (refuses) throw refuse(403, "Not now.");
        },
      },
    },
  },
  routes: {
    "POST /start/:action": {
      about: "Starts an action.",
      run: async ({ params: { action }, query }, { services }) => {
        const { uri, key, count } = Object.fromEntries(new URLSearchParams(query));
        const options = { ...(uri && { uri }), ...(key && { key }) };
        const start = async () => {
          if (action === "clean") return services.clean.start({ count: Number(count ?? 1) }, options);
          if (action === "own") return services.own.start({ deep: false }, options);
          return (action === "tidy" ? services.tidy : services.loop).start({}, options);
        };
        return jsonResponse(await start().catch((error: Error) => error.message));
      },
    },
  },
});

const SHOP = "/buckets/shop/collections";
let store: TestStore;
beforeAll(async () => {
  store = await startStore({
    plugins: [basicauth(), cleaner(), clerk()],
    settings: { jobsReadPrincipals: ["/buckets/staff/groups/operators"] },
  });
  await store.put("/buckets/staff");
  await store.put("/buckets/staff/groups/operators", { data: { members: [await store.userId("operator")] } });
  await store.put("/buckets/shop");
  for (const collection of ["open", "closed"]) {
    await store.put(`${SHOP}/${collection}`);
    await store.put(`${SHOP}/${collection}/records/one`);
  }
  await store.put("/buckets/blog");
  await store.put("/buckets/blog/collections/posts");
});
afterAll(() => store.close());
beforeEach(() => {
  ran.length = 0;
  refuses = false;
});
const start = async (action: string, query = "") => (await store.post(`/start/${action}${query}`)).body;

describe("an action that a plugin starts", () => {
  it("runs as the user plugin:<name>, whose jobs administrators may read", async () => {
    const id = await start("clean", `?uri=${SHOP}/open&count=3`);
    await store.drain();

    expect(ran).toEqual([`plugin:clerk ${SHOP}/open 3`]);
    expect((await store.get(`/jobs/${id}`)).status).toBe(403);
    const listed = (await store.get("/jobs?user_id=plugin:clerk", { as: "operator" })).body.data;
    expect(listed).toMatchObject([{ id, plugin: "cleaner", user_id: "plugin:clerk" }]);
  });

  it("needs no permission if it is the plugin's own", async () => {
    await start("own", `?uri=${SHOP}/closed/records/one`);
    await store.drain();

    expect(ran).toEqual([`own ${SHOP}/closed/records/one false`]);
  });

  it("of another plugin needs a permission of the plugin's needs", async () => {
    await start("clean", `?uri=${SHOP}/open/records/one`);
    const refused = [
      await start("clean", `?uri=${SHOP}/closed`),
      await start("clean", `?uri=${SHOP}/closed/records/one`),
      await start("clean", "?uri=/buckets/blog/collections/posts"),
    ];
    await store.drain();

    expect(ran).toEqual([`plugin:clerk ${SHOP}/open/records/one 1`]);
    for (const message of refused) expect(message).toMatch(/not permitted|access|forbidden/i);
  });

  it("of another plugin on the server needs its principals", async () => {
    await start("tidy");
    await store.drain();

    expect(ran).toEqual(["plugin:clerk tidied"]);
  });

  it("is started once for a key", async () => {
    const ids = [await start("own", "?key=k1"), await start("own", "?key=k1"), await start("own", "?key=k2")];
    await store.drain();

    expect(ids[0]).toBe(ids[1]);
    expect(ids[2]).not.toBe(ids[0]);
    expect(ran).toHaveLength(2);
  });

  it.each([
    ["invalid parameters", "clean", `?uri=${SHOP}/open&count=0`, "count"],
    ["an object that is missing", "clean", `?uri=${SHOP}/open/records/none`, ""],
    ["an object of another type", "clean", "?uri=/buckets/shop", ""],
    ["no object", "clean", "?uri=nonsense", "'nonsense' is not the URI of an object"],
    ["an own action on another type", "own", "?uri=/buckets/shop", ""],
  ])("is refused for %s", async (_, action, query, message) => {
    const answer = await start(action, query);
    await store.drain();

    expect(answer).not.toMatch(/^[0-9a-f-]{36}$/);
    expect(answer).toContain(message);
    expect(ran).toEqual([]);
  });

  it("stops a loop after eight parts", async () => {
    await start("loop");
    await store.drain();

    expect(ran).toHaveLength(9);
  });
});

describe("an action that a hook starts in a transaction", () => {
  it("runs after the commit, once for a key", async () => {
    const record = "/buckets/blog/collections/posts/records/a";
    expect((await store.put(record)).status).toBe(201);
    await store.drain();
    await store.delete(record);
    expect((await store.put(record)).status).toBe(201);
    await store.drain();

    expect(ran).toEqual([`own ${record} true`]);
  });

  it("does not run when the change is refused", async () => {
    refuses = true;
    expect((await store.put("/buckets/blog/collections/posts/records/b")).status).toBe(403);
    await store.drain();

    expect(ran).toEqual([]);
  });
});

describe("the need of an action", () => {
  it.each([
    [need.action({ plugin: "absent", name: "clean" }), "there is no plugin 'absent'."],
    [
      need.action({ plugin: "cleaner", name: "clan" }),
      "the plugin 'cleaner' has no action 'clan'. Did you mean 'clean'?",
    ],
    [need.queue("in"), "there is no inbound part 'in'."],
  ])("must name something that exists: %#", (wanted, message) => {
    const wrong = definePlugin({ name: "wrong", about: "Needs what does not exist.", needs: () => ({ wanted }) });

    expect(() => readConfig({ plugins: [cleaner(), wrong()] })).toThrow(`plugins: wrong.needs.wanted: ${message}`);
  });
});

describe("the permission execute", () => {
  const clean = `${SHOP}/open/actions/clean`;
  const grantTo = async (uri: string, user: string) =>
    store.patch(uri, { permissions: { execute: [await store.userId(user)] } });

  it("allows to start actions on the object and below, and nothing else", async () => {
    expect((await store.post(clean, {}, { as: "bob" })).status).toBe(403);
    expect((await grantTo(`${SHOP}/open`, "bob")).status).toBe(200);

    expect((await store.post(clean, {}, { as: "bob" })).status).toBe(202);
    expect((await store.post(`${SHOP}/open/records/one/actions/clean`, {}, { as: "bob" })).status).toBe(202);
    expect((await store.get(`${SHOP}/open/actions`, { as: "bob" })).body.data).toMatchObject([{ name: "clean" }]);
    expect((await store.post(`${SHOP}/closed/actions/clean`, {}, { as: "bob" })).status).toBe(403);
    expect((await store.get(`${SHOP}/open/records`, { as: "bob" })).status).toBe(403);
    expect((await store.put(`${SHOP}/open`, {}, { as: "bob" })).status).toBe(403);
    await store.drain();
  });

  it("of a bucket holds for its collections", async () => {
    expect((await store.post(`${SHOP}/closed/actions/clean`, {}, { as: "carol" })).status).toBe(403);
    await grantTo("/buckets/shop", "carol");

    expect((await store.post(`${SHOP}/closed/actions/clean`, {}, { as: "carol" })).status).toBe(202);
    await store.drain();
  });

  it("is included in write, and shown in /permissions", async () => {
    expect((await store.post(clean)).status).toBe(202);
    await store.drain();
    const permissions = async (as: string, uri: string) =>
      (await store.get("/permissions", { as })).body.data.find((entry: { uri: string }) => entry.uri === uri)
        ?.permissions;

    await grantTo(`${SHOP}/open`, "bob");
    expect(await permissions("bob", `${SHOP}/open`)).toContain("execute");
    expect(await permissions("alice", `${SHOP}/open`)).toEqual(expect.arrayContaining(["write", "execute"]));
  });

  it("does not exist on records, and nowhere without a plugin that demands it", async () => {
    expect(
      (await store.patch(`${SHOP}/open/records/one`, { permissions: { execute: ["system.Everyone"] } })).status,
    ).toBe(400);
    await using plain = await startStore();
    expect((await plain.put("/buckets/b", { permissions: { execute: ["system.Everyone"] } })).status).toBe(400);
  });
});
