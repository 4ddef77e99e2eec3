import { afterEach, describe, expect, it } from "@jest/globals";
import { definePlugin, need } from "@kintoun/kit";
import { readSampledTrace } from "../../app/trace.ts";
import type { TestStoreOptions } from "../../testing/test-store.ts";
import { startStore, type TestStore } from "../start-store.ts";

const TRACE = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1";

/** Logs in every part, and behaves as the records of its collection state. */
const speaker = definePlugin({
  name: "speaker",
  about: "Logs in every part.",
  needs: () => ({ data: need.data({ write: ["/buckets/b"] }) }),
  setup: ({ resources, log }) => ({ data: resources.data, say: (what: string) => log.info(what) }),
  hooks: {
    before: { look: { on: ["record.create"], run: (_change, { log }) => log.info("said before") } },
    after: {
      see: {
        on: ["record.create"],
        run: ({ new: { title } }, { services }) => {
          services.say("said after");
          if (title === "hook fails") throw new Error("The hook fails on purpose");
        },
      },
    },
  },
  listeners: {
    listen: {
      on: ["record.create"],
      collections: () => ["c"],
      retries: 1,
      run: async (event, { log, services }) => {
        log.info("said by the tools");
        services.say("said by the services");
        if (event.action !== "create") return;
        if (event.new.title === "fails") throw new Error("The listener fails on purpose");
        if (event.new.title === "writes")
          await services.data.replace("/buckets/b/groups/changed", { data: { members: [] } });
      },
    },
    read: {
      on: ["group.create"],
      batch: { size: 5, run: (_events, { log }) => log.info("said of several") },
      run: (_event, { log }) => log.info("said of one"),
    },
  },
  routes: {
    "GET /say": {
      about: "Says it.",
      run: (_call, { services, log }) => {
        log.info("said by a route");
        services.say("said by a service");
        return { status: 200, body: "{}" };
      },
    },
  },
  actions: {
    shout: {
      on: ["server"],
      principals: () => ["system.Everyone"],
      about: "Shouts.",
      run: async (_job, { services, log }) => {
        log.info("said in a job");
        await services.data.replace("/buckets/b/groups/changed", { data: { members: [] } });
      },
    },
  },
});

let store: TestStore;
const start = async (options: TestStoreOptions = {}) => {
  store = await startStore({ plugins: [speaker()], logLevel: "DEBUG", retryAfter: () => 0, ...options });
  await store.put("/buckets/b", { permissions: { write: ["system.Everyone"] } });
  await store.put("/buckets/b/collections/c");
  await store.drain();
};
afterEach(() => store?.close());

const lines = (): Record<string, unknown>[] => store.logLines.map((line) => JSON.parse(line));
const said = (message: string) => lines().filter((line) => line.message === message);
const write = async (id: string, title: string): Promise<string> => {
  const { headers } = await store.put(`/buckets/b/collections/c/records/${id}`, { data: { title } });
  await store.drain();
  return headers.get("apigw-requestid") ?? "";
};
const idOf = (id: string) => expect.stringMatching(new RegExp(`^/buckets/b/collections/c/records/${id}@\\d+$`));

describe("log", () => {
  it("has the request id in every line, from the request to its listener", async () => {
    await start();
    const request_id = await write("r", "plain");
    await write("another", "plain");

    expect(request_id).toMatch(/^[0-9a-f-]{36}$/);
    const event = { request_id, event_id: idOf("r"), listener: "speaker-listen" };
    const message = { ...event, message_id: expect.any(String), attempt: 1 };
    const mine = lines().filter((line) => line.request_id === request_id);
    expect(mine.map(({ message: text }) => text)).toEqual([
      "said before",
      "said after",
      "The event was dispatched",
      "said by the tools",
      "said by the services",
      "The listener finished",
    ]);
    expect(mine[2]).toMatchObject(event);
    for (const line of mine.slice(3)) expect(line).toMatchObject(message);
  });

  it("names the event, message and attempt of a failure", async () => {
    await start();
    const request_id = await write("r", "fails");

    const about = {
      level: "ERROR",
      request_id,
      event_id: idOf("r"),
      listener: "speaker-listen",
      message_id: expect.any(String),
    };
    expect(said("The listener failed")).toMatchObject([
      { ...about, attempt: 1, error: { message: "The listener fails on purpose" } },
      { ...about, attempt: 2, error: { message: "The listener fails on purpose" } },
    ]);
  });

  it("says once that a listener gave up on an event, and what to do", async () => {
    await start();
    await write("r", "fails");

    const given = lines().filter(({ message }) => String(message).startsWith("The listener gave up"));
    expect(given).toMatchObject([
      {
        level: "ERROR",
        message:
          'The listener gave up after attempt 2: the message is in the dead-letter queue. Show it with "kintoun queues dead-letters speaker-listen", try it again with "kintoun queues redrive speaker-listen".',
        event_id: idOf("r"),
        listener: "speaker-listen",
        attempts: 2,
      },
    ]);
  });

  it("has the level that the plugin's options or its variable set", async () => {
    const written = () =>
      lines()
        .map(({ message }) => String(message))
        .filter((message) => /^said|finished$/.test(message));

    await start({ plugins: [speaker({ logLevel: "WARN" })] });
    await write("r", "plain");
    expect(written()).toEqual([]);
    await store.close();

    const variables = new Map([["KINTOUN_PLUGIN_QUIET_LOG_LEVEL", "DEBUG"]]);
    await start({
      plugins: [speaker({ name: "quiet", logLevel: "ERROR" })],
      logLevel: "ERROR",
      overrides: { pluginVariables: variables },
    });
    await write("r", "plain");
    expect(written()).toEqual([
      "said before",
      "said after",
      "said by the tools",
      "said by the services",
      "The listener finished",
    ]);
    expect(lines().some(({ message }) => message === "The event was dispatched")).toBe(false);
  });

  it("has the id of the first request for indirect changes", async () => {
    await start();
    const request_id = await write("r", "writes");

    expect(said("said of one").filter((line) => line.request_id === request_id)).toMatchObject([
      { listener: "speaker-read", event_id: expect.stringMatching(/^\/buckets\/b\/groups\/changed@/) },
    ]);
  });

  it("has the request id in the lines of a route and of its services", async () => {
    await start();
    const { headers } = await store.get("/say");

    const request_id = headers.get("apigw-requestid");
    expect([...said("said by a route"), ...said("said by a service")]).toMatchObject([{ request_id }, { request_id }]);
  });

  it("has the id of a job's request in the lines of the job and of its changes", async () => {
    await start();
    const { headers, body } = await store.post("/actions/shout");
    await store.drain();

    const job = { request_id: headers.get("apigw-requestid"), job_id: body.job_id };
    expect([...said("said in a job"), ...said("A job has ended")]).toMatchObject([job, job]);
    expect(said("said of one").at(-1)).toMatchObject({
      request_id: job.request_id,
      event_id: expect.stringMatching(/^\/buckets\/b\/groups\/changed@/),
    });
  });

  it("does not mix the lines of concurrent requests", async () => {
    await start();
    const ids = Array.from({ length: 20 }, (_, place) => `r${place}`);
    const requests = await Promise.all(
      ids.map(async (id) =>
        (await store.put(`/buckets/b/collections/c/records/${id}`, { data: {} })).headers.get("apigw-requestid"),
      ),
    );
    await store.drain();

    for (const [place, id] of ids.entries()) {
      const received = said("said by the services").filter((line) => line.request_id === requests[place]);
      expect(received).toMatchObject([{ event_id: idOf(id), listener: "speaker-listen" }]);
    }
  });

  it("contains no credentials, bodies, records or queries", async () => {
    await start();
    const secrets = {
      headers: {
        authorization: `Basic ${Buffer.from("bob:pa55word").toString("base64")}`,
        cookie: "session=c00kie",
        "x-token": "t0ken",
      },
    };
    await store.put(
      "/buckets/b/collections/c/records/r?note=qu3ry",
      { data: { title: "fails", note: "b0dy\n{}" } },
      secrets,
    );
    await store.put("/buckets/b/collections/c/records/s", "{ broken b0dy", secrets);
    await store.get("/say?note=qu3ry", secrets);
    await store.drain();

    const all = store.logLines.join("\n");
    expect(all).toContain("The listener fails on purpose");
    expect(all).not.toMatch(/pa55word|Ym9i|c00kie|t0ken|b0dy|qu3ry|authorization/i);
  });
});

describe("metrics", () => {
  const counts = (of: string) =>
    Object.fromEntries(
      (["EventsDispatched", "EventsDelivered", "EventsFailed", "EventsDeadLettered"] as const).map((metric) => [
        metric,
        store.metrics(metric, of)[0] ?? 0,
      ]),
    );

  it("count events that were dispatched, delivered, failed and dead-lettered", async () => {
    await start();
    await write("a", "plain");
    await write("b", "plain");
    await write("c", "fails");

    expect(counts("speaker-listen")).toEqual({
      EventsDispatched: 3,
      EventsDelivered: 2,
      EventsFailed: 2,
      EventsDeadLettered: 1,
    });
    expect(await store.deadLetterCount("speaker-listen")).toBe(1);
  });

  it("contain the age of each delivered event", async () => {
    await start();
    await write("a", "plain");
    await write("b", "fails");

    const ages = store.metrics("AgeAtDelivery", "speaker-listen");
    expect(ages).toHaveLength(1);
    expect(ages.every((age) => Number.isInteger(age) && age >= 0)).toBe(true);
  });

  it("count the events of a batch one by one", async () => {
    await start();
    for (const group of ["w", "x", "y", "z"]) await store.put(`/buckets/b/groups/${group}`, { data: { members: [] } });
    await store.drain();

    expect(counts("speaker-read")).toMatchObject({ EventsDispatched: 4, EventsDelivered: 4, EventsFailed: 0 });
    expect(store.metrics("AgeAtDelivery", "speaker-read")).toHaveLength(4);
  });

  it("count failed after hooks, which no response shows", async () => {
    await start();
    const request_id = await write("a", "hook fails");

    expect(store.metrics("HookFailures", "speaker")).toEqual([1]);
    expect(lines().filter(({ level }) => level === "ERROR")).toMatchObject([
      { plugin: "speaker", request_id, error: { message: "The hook fails on purpose" } },
    ]);
  });

  it("count no jobs", async () => {
    await start();
    await store.post("/actions/shout");
    await store.drain();

    expect(said("A job has ended")).toHaveLength(1);
    expect(counts("speaker-jobs")).toEqual({
      EventsDispatched: 0,
      EventsDelivered: 0,
      EventsFailed: 0,
      EventsDeadLettered: 0,
    });
  });
});

describe("trace", () => {
  it("continues from the request to its listener and to the next listener", async () => {
    const received: unknown[] = [];
    const listening = definePlugin({
      name: "listening",
      about: "Records its events.",
      listeners: {
        listen: { on: ["record.create", "group.create"], run: ({ uri, trace }) => void received.push([uri, trace]) },
      },
    });
    await start({ plugins: [speaker(), listening()], trace: () => TRACE });
    await write("r", "writes");

    expect(received).toEqual([
      ["/buckets/b/collections/c/records/r", TRACE],
      ["/buckets/b/groups/changed", TRACE],
    ]);
  });

  it.each([
    [`${TRACE};Lineage=1:a87bd80c:0`, TRACE],
    ["Sampled=1;Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8", TRACE],
    [TRACE.replace("Sampled=1", "Sampled=0"), undefined],
    [TRACE.replace(";Sampled=1", ""), undefined],
    ["Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1", undefined],
    ["Root=1-5759e988;Parent=53995c3f42cd8ad8;Sampled=1", undefined],
    [`${TRACE}\r\nX: y`, undefined],
    ["", undefined],
    [undefined, undefined],
  ])("continues only if it is sampled and complete: %j", (header, trace) => {
    expect(readSampledTrace(header)).toBe(trace);
  });
});
