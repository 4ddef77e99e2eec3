import { afterEach, describe, expect, it } from "@jest/globals";
import { definePlugin, need } from "@kintoun/kit";
import { sampledTrace } from "../../app/trace.ts";
import type { TestStoreOptions } from "../../testing/test-store.ts";
import { startStore, type TestStore } from "../start-store.ts";

const TRACE = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1";

/** Says something wherever it is asked, and does as the records of its collection say. */
const speaker = definePlugin({
  name: "speaker",
  about: "Says something wherever it is asked.",
  needs: () => ({ data: need.data({ write: ["/buckets/b"] }) }),
  setup: ({ resources, log }) => ({ data: resources.data, say: (what: string) => log.info(what) }),
  hooks: {
    before: { look: { on: ["record.create"], run: (_change, { log }) => log.info("said before") } },
    after: {
      see: {
        on: ["record.create"],
        run: ({ new: { title } }, { services }) => {
          services.say("said after");
          if (title === "hook fails") throw new Error("The hook is told to fail");
        },
      },
    },
  },
  listeners: {
    hear: {
      on: ["record.create"],
      collections: () => ["c"],
      retries: 1,
      run: async (event, { log, services }) => {
        log.info("said by the tools");
        services.say("said by the services");
        if (event.action !== "create") return;
        if (event.new.title === "fails") throw new Error("The listener is told to fail");
        if (event.new.title === "writes")
          await services.data.replace("/buckets/b/groups/told", { data: { members: [] } });
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
        await services.data.replace("/buckets/b/groups/told", { data: { members: [] } });
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

const lines = (): Record<string, unknown>[] => store.logged.map((line) => JSON.parse(line));
const said = (message: string) => lines().filter((line) => line.message === message);
const write = async (id: string, title: string): Promise<string> => {
  const { headers } = await store.put(`/buckets/b/collections/c/records/${id}`, { data: { title } });
  await store.drain();
  return headers.get("apigw-requestid") ?? "";
};
const idOf = (id: string) => expect.stringMatching(new RegExp(`^/buckets/b/collections/c/records/${id}@\\d+$`));

describe("the log", () => {
  it("leads from a request's answer to every line that came of it, to the listener's end", async () => {
    await start();
    const request_id = await write("r", "plain");
    await write("another", "plain");

    expect(request_id).toMatch(/^[0-9a-f-]{36}$/);
    const event = { request_id, event_id: idOf("r"), listener: "speaker-hear" };
    const message = { ...event, message_id: expect.any(String), attempt: 1 };
    const mine = lines().filter((line) => line.request_id === request_id);
    expect(mine.map(({ message: text }) => text)).toEqual([
      "said before",
      "said after",
      "The event was handed on",
      "said by the tools",
      "said by the services",
      "The listener was done",
    ]);
    expect(mine[2]).toMatchObject(event);
    for (const line of mine.slice(3)) expect(line).toMatchObject(message);
  });

  it("tells of a failure which event, message and try it is about", async () => {
    await start();
    const request_id = await write("r", "fails");

    const about = {
      level: "ERROR",
      request_id,
      event_id: idOf("r"),
      listener: "speaker-hear",
      message_id: expect.any(String),
    };
    expect(said("The listener failed")).toMatchObject([
      { ...about, attempt: 1, error: { message: "The listener is told to fail" } },
      { ...about, attempt: 2, error: { message: "The listener is told to fail" } },
    ]);
  });

  it("tells the first request also of what came of what came of it", async () => {
    await start();
    const request_id = await write("r", "writes");

    expect(said("said of one").filter((line) => line.request_id === request_id)).toMatchObject([
      { listener: "speaker-read", event_id: expect.stringMatching(/^\/buckets\/b\/groups\/told@/) },
    ]);
  });

  it("tells the request of a route's lines, its services' too", async () => {
    await start();
    const { headers } = await store.get("/say");

    const request_id = headers.get("apigw-requestid");
    expect([...said("said by a route"), ...said("said by a service")]).toMatchObject([{ request_id }, { request_id }]);
  });

  it("tells the request that a job was asked for by, and of what the job writes", async () => {
    await start();
    const { headers, body } = await store.post("/actions/shout");
    await store.drain();

    const job = { request_id: headers.get("apigw-requestid"), job_id: body.job_id };
    expect([...said("said in a job"), ...said("A job has ended")]).toMatchObject([job, job]);
    expect(said("said of one").at(-1)).toMatchObject({
      request_id: job.request_id,
      event_id: expect.stringMatching(/^\/buckets\/b\/groups\/told@/),
    });
  });

  it("has no line of one request in another's, however many are under way", async () => {
    await start();
    const ids = Array.from({ length: 20 }, (_, place) => `r${place}`);
    const requests = await Promise.all(
      ids.map(async (id) =>
        (await store.put(`/buckets/b/collections/c/records/${id}`, { data: {} })).headers.get("apigw-requestid"),
      ),
    );
    await store.drain();

    for (const [place, id] of ids.entries()) {
      const heard = said("said by the services").filter((line) => line.request_id === requests[place]);
      expect(heard).toMatchObject([{ event_id: idOf(id), listener: "speaker-hear" }]);
    }
  });

  it("bears neither credentials, nor what a request or record says, nor a query", async () => {
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

    const all = store.logged.join("\n");
    expect(all).toContain("The listener is told to fail");
    expect(all).not.toMatch(/pa55word|Ym9i|c00kie|t0ken|b0dy|qu3ry|authorization/i);
  });
});

describe("what is counted", () => {
  const counts = (of: string) =>
    Object.fromEntries(
      (["EventsDispatched", "EventsDelivered", "EventsFailed", "EventsParked"] as const).map((metric) => [
        metric,
        store.metrics(metric, of)[0] ?? 0,
      ]),
    );

  it("is each event that was handed on, delivered, failed and put aside", async () => {
    await start();
    await write("a", "plain");
    await write("b", "plain");
    await write("c", "fails");

    expect(counts("speaker-hear")).toEqual({
      EventsDispatched: 3,
      EventsDelivered: 2,
      EventsFailed: 2,
      EventsParked: 1,
    });
    expect(await store.dead("speaker-hear")).toBe(1);
  });

  it("is the age of each event that was delivered", async () => {
    await start();
    await write("a", "plain");
    await write("b", "fails");

    const ages = store.metrics("AgeAtDelivery", "speaker-hear");
    expect(ages).toHaveLength(1);
    expect(ages.every((age) => Number.isInteger(age) && age >= 0)).toBe(true);
  });

  it("are events that a listener takes several of, one by one", async () => {
    await start();
    for (const group of ["w", "x", "y", "z"]) await store.put(`/buckets/b/groups/${group}`, { data: { members: [] } });
    await store.drain();

    expect(counts("speaker-read")).toMatchObject({ EventsDispatched: 4, EventsDelivered: 4, EventsFailed: 0 });
    expect(store.metrics("AgeAtDelivery", "speaker-read")).toHaveLength(4);
  });

  it("are after hooks that failed, which nobody's answer tells of", async () => {
    await start();
    const request_id = await write("a", "hook fails");

    expect(store.metrics("HookFailures", "speaker")).toEqual([1]);
    expect(lines().filter(({ level }) => level === "ERROR")).toMatchObject([
      { plugin: "speaker", request_id, error: { message: "The hook is told to fail" } },
    ]);
  });

  it("are no jobs", async () => {
    await start();
    await store.post("/actions/shout");
    await store.drain();

    expect(said("A job has ended")).toHaveLength(1);
    expect(counts("speaker-jobs")).toEqual({
      EventsDispatched: 0,
      EventsDelivered: 0,
      EventsFailed: 0,
      EventsParked: 0,
    });
  });
});

describe("a trace", () => {
  it("goes from the request with the event to its listener, and with what that writes to the next", async () => {
    const heard: unknown[] = [];
    const listening = definePlugin({
      name: "listening",
      about: "Notes what it hears.",
      listeners: {
        hear: { on: ["record.create", "group.create"], run: ({ uri, trace }) => void heard.push([uri, trace]) },
      },
    });
    await start({ plugins: [speaker(), listening()], trace: () => TRACE });
    await write("r", "writes");

    expect(heard).toEqual([
      ["/buckets/b/collections/c/records/r", TRACE],
      ["/buckets/b/groups/told", TRACE],
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
  ])("goes on where it is kept, and is whole: %j", (header, trace) => {
    expect(sampledTrace(header)).toBe(trace);
  });
});
