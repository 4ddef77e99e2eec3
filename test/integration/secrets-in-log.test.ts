import { afterEach, expect, it } from "@jest/globals";
import { definePlugin, type JsonObject, need, refuse } from "@kintoun/kit";
import { startTestStore, type TestStore } from "@kintoun/testing";
import { z } from "zod";
import { basicauth } from "../../plugins/basicauth/index.ts";
import { csv } from "../../plugins/csv/index.ts";
import { defaultBucket } from "../../plugins/default-bucket/index.ts";
import { email } from "../../plugins/email/index.ts";
import { search } from "../../plugins/search/index.ts";
import { webhooks } from "../../plugins/webhooks/index.ts";

let store: TestStore;
afterEach(() => store?.close());

let secretCount = 0;
/** A text that no log may contain. */
const secret = () => `s3cr3t-${secretCount++}`;
const C = "/buckets/b/collections/c";

/** Fails in every part with errors of the store. */
const clumsy = definePlugin({
  name: "clumsy",
  about: "Fails in every part.",
  needs: () => ({ data: need.data({ write: ["/buckets/b"] }), key: need.secret("key") }),
  setup: ({ resources: { data } }) => ({ bad: (json: string) => data.create(`${C}/records`, JSON.parse(json)) }),
  hooks: {
    before: {
      spoil: {
        on: ["group.create"],
        run: (change) => {
          if (change.new.refused === true) throw refuse(403, String(change.new.why));
          if (change.group_id !== "spoilt") return undefined;
          const endless: JsonObject = { why: change.new.why ?? null };
          endless.self = endless;
          return endless;
        },
      },
    },
    after: {
      spoil: {
        on: ["group.create"],
        run: async ({ new: { why } }, { services }) => void (await services.bad(JSON.stringify({ data: { n: why } }))),
      },
    },
  },
  listeners: {
    spoil: {
      on: ["group.create"],
      retries: 1,
      run: async ({ new: { why } }, { services }) => void (await services.bad(JSON.stringify({ data: { n: why } }))),
    },
  },
  inbound: { heed: { about: "Receives messages.", schema: z.object({ n: z.literal(1) }), retries: 0, run: () => {} } },
  actions: {
    spoil: {
      on: ["server"],
      principals: () => ["system.Everyone"],
      about: "Fails.",
      params: z.object({ why: z.string(), n: z.number().optional() }),
      run: async ({ params: { why } }, { services }) => void (await services.bad(JSON.stringify({ data: { n: why } }))),
    },
  },
  routes: {
    "POST /spoil": {
      about: "Fails.",
      input: z.object({ body: z.object({ n: z.number() }) }),
      run: async (_, { services }) => ({ status: 200, body: JSON.stringify(await services.bad('{"data":{"n":1}}')) }),
    },
  },
});

it("log contains no bodies, records or secrets when requests and parts fail", async () => {
  store = await startTestStore({
    logLevel: "DEBUG",
    retryAfter: () => 0,
    plugins: [
      basicauth(),
      defaultBucket(),
      csv(),
      search(),
      webhooks({ private: true }),
      email({
        from: "store@example.org",
        recipients: ["ops@example.org"],
        subject: `${secret()} {new.title}`,
        text: `${secret()} {new.title} {new.missing}`,
        collectionHooks: true,
      }),
      clumsy(),
    ],
  });
  const sink = await store.webhookSink();
  const credentials = () => ({ authorization: `Basic ${Buffer.from(`alice:${secret()}`).toString("base64")}` });
  const headers = () => ({
    cookie: secret(),
    "x-token": secret(),
    "user-agent": secret(),
    "x-forwarded-for": secret(),
    traceparent: secret(),
    "x-amzn-trace-id": `Root=${secret()}`,
  });
  const json = { "content-type": "application/json" };

  // A collection that every user may write to.
  await store.put("/buckets/b", {
    data: { note: secret() },
    permissions: { write: ["system.Everyone", `basicauth:${secret()}`] },
  });
  const collection = {
    note: secret(),
    schema: { type: "object", properties: { n: { type: "number" } }, description: secret() },
    webhooks: [{ id: "h", url: `${sink.url}/${secret()}?token=${secret()}` }],
    "kinto-emailer": { hooks: [{ template: secret(), recipients: ["ops@example.org"], subject: secret() }] },
  };
  expect((await store.put(C, { data: collection })).status).toBe(201);

  // Each endpoint, with valid and invalid input.
  const bodies = [
    { data: { title: secret(), n: 1 } },
    { data: { n: secret() } },
    { [secret()]: 1 },
    `{"data":{"title":"${secret()}`,
    `"${secret()}"`,
    "\u0000",
  ];
  for (const path of [
    "/buckets",
    "/buckets/b",
    C,
    `${C}/records`,
    `${C}/records/r`,
    "/buckets/b/groups/g",
    "/batch",
    "/spoil",
    "/actions/spoil",
    `${C}/search`,
    "/buckets/default/collections/d/records/r",
    "/nowhere",
  ]) {
    for (const method of ["GET", "PUT", "POST", "PATCH", "DELETE"]) {
      for (const body of method === "GET" ? [undefined] : bodies) {
        if (method === "DELETE" && !path.endsWith("/g")) continue;
        const query = `?_since=${secret()}&title=${secret()}&_sort=${secret()}&_token=${secret()}&like_n=${secret()}`;
        await store.request(`${path}${path.endsWith("r") ? "" : query}`, {
          method,
          body,
          as: null,
          headers: { ...headers(), ...credentials(), ...json },
        });
      }
    }
  }
  expect((await store.put(C, { data: collection })).status).toBe(200);
  for (const authorization of [
    `Bearer ${secret()}`,
    `Basic ${secret()}`,
    secret(),
    `Basic ${Buffer.from(secret()).toString("base64")}`,
  ]) {
    await store.get(C, { as: null, headers: { authorization } });
    await store.put(
      `${C}/records/q`,
      {},
      {
        as: null,
        headers: { authorization, "if-match": secret(), accept: secret(), origin: secret(), "content-type": secret() },
      },
    );
  }
  await store.post("/batch", {
    defaults: { headers: { authorization: `Basic ${secret()}` }, body: { data: { title: secret() } } },
    requests: [
      { method: "PUT", path: `${C}/records/s?x=${secret()}` },
      { method: "PUT", path: `/buckets/b/groups/spoilt`, body: { data: { members: [], why: secret() } } },
      { method: secret(), path: "/" },
    ],
  });
  await store.put("/buckets/b/groups/spoilt", { data: { members: [`basicauth:${secret()}`], why: secret() } });
  await store.put("/buckets/b/groups/refused", { data: { members: [], refused: true, why: secret() } });
  await store.put("/buckets/b/groups/later", { data: { members: [`mailto:${secret()}`], why: secret() } });
  await store.post("/actions/spoil", { data: { why: secret() } });
  await store.post("/actions/spoil", { why: secret() });
  for (const message of [{ n: secret() }, secret(), `{"n":"${secret()}`]) await store.send("clumsy-heed", message);
  await store.put(`${C}/records/changed`, { data: { title: secret(), n: 2 } });
  await store.drain();
  sink.respondWith({ status: 410, body: secret() });
  await store.put(`${C}/records/gone`, { data: { title: secret(), n: 2 } });
  await store.drain();

  const logged = new Set(store.logLines.map((line) => JSON.parse(line).message));
  for (const failure of [
    "The request failed",
    "The after hook 'spoil' of the plugin 'clumsy' failed",
    "The listener failed",
    "A job failed",
    "A webhook responded with 410 and is disabled",
  ])
    expect(logged).toContain(failure);
  const found = store.logLines.filter((line) => /s3cr3t|czNjcjN0|authorization/i.test(line));
  expect(found).toEqual([]);
}, 120_000);
