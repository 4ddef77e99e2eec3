import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { definePlugin, jsonResponse, need, refuse } from "@kintoun/kit";
import * as z from "zod";
import { basicauth } from "../../plugins/basicauth/index.ts";
import { startStore, type TestStore } from "../start-store.ts";

const ticket = z.object({ id: z.string(), text: z.string().default(""), urgent: z.boolean().default(false) });
const received: string[] = [];
let refuses = false;
const support = definePlugin({
  name: "support",
  about: "Sends tickets to its own queue.",
  needs: () => ({
    tickets: need.queue("tickets", ticket),
    steps: need.queue("steps"),
  }),
  setup: ({ resources }) => resources,
  inbound: {
    tickets: {
      about: "Handles tickets.",
      schema: ticket,
      run: ({ detail }) => void received.push(`${detail.id}${detail.urgent ? "!" : ""}`),
    },
    steps: {
      about: "Handles steps in order.",
      ordered: true,
      run: async ({ detail }, { services }) => {
        received.push(JSON.stringify(detail));
        if (detail === "again") await services.steps.send([{ detail: "again" }]);
      },
    },
  },
  hooks: {
    before: {
      announce: {
        on: ["record.create"],
        buckets: () => ["blog"],
        run: async ({ uri, new: record }, { services }) => {
          await services.tickets.send([{ detail: { id: uri.slice(-1), text: String(record.text) } }]);
          if (refuses || record.refused === true) throw refuse(403, "Not now.");
        },
      },
    },
    read: {
      greedy: {
        on: ["record.read"],
        buckets: () => ["secret"],
        run: async (_, { services }) => {
          await services.tickets.send([{ detail: { id: "read" } }]);
        },
      },
    },
  },
  routes: {
    "POST /tickets": {
      about: "Sends messages to the queue `tickets`.",
      input: z.object({ body: z.object({ messages: z.array(z.any()) }) }),
      run: async ({ input }, { services }) => {
        try {
          await services.tickets.send(input.body.messages);
          return jsonResponse({ sent: input.body.messages.length });
        } catch (error) {
          return jsonResponse({ error: String(error) });
        }
      },
    },
    "POST /steps": {
      about: "Sends messages to the queue `steps`.",
      input: z.object({ body: z.object({ messages: z.array(z.any()) }) }),
      run: async ({ input }, { services }) => {
        try {
          await services.steps.send(input.body.messages);
          return jsonResponse({ sent: input.body.messages.length });
        } catch (error) {
          return jsonResponse({ error: String(error) });
        }
      },
    },
  },
});

const POSTS = "/buckets/blog/collections/posts/records";
let store: TestStore;
beforeAll(async () => {
  store = await startStore({ plugins: [basicauth(), support()] });
  await store.put("/buckets/blog");
  await store.put("/buckets/blog/collections/posts");
});
afterAll(() => store.close());
beforeEach(() => {
  received.length = 0;
  refuses = false;
});
const send = async (queue: "tickets" | "steps", ...messages: readonly unknown[]) =>
  (await store.post(`/${queue}`, { messages })).body;

describe("a plugin's own queue", () => {
  it("receives the messages of its plugin, parsed by the schema", async () => {
    expect(await send("tickets", { detail: { id: "a", urgent: true } }, { detail: { id: "b" } })).toEqual({ sent: 2 });
    await store.drain();

    expect(received.toSorted()).toEqual(["a!", "b"]);
  });

  it("delays messages", async () => {
    await send("tickets", { detail: { id: "later" }, delaySeconds: 1 }, { detail: { id: "now" } });
    await store.drain();

    expect(received).toEqual(["now", "later"]);
  });

  it("keeps the order of a group, and receives an id once", async () => {
    await send("steps", { detail: 1, id: "one" }, { detail: 2, id: "two" }, { detail: 1, id: "one" }, { detail: 3 });
    await store.drain();

    expect(received).toEqual(["1", "2", "3"]);
  });

  it("receives equal messages without ids each time", async () => {
    await send("steps", { detail: "same" }, { detail: "same" });
    await store.drain();

    expect(received).toEqual(['"same"', '"same"']);
  });

  it.each([
    ["tickets", "messages[0] does not match the schema of the inbound part: detail.id: ", { detail: { id: 1 } }],
    ["tickets", "messages[0] has 250", { detail: { id: "a", big: "x".repeat(250_000) } }],
    [
      "tickets",
      "messages[0].delaySeconds must be a whole number from 0 to 900",
      { detail: { id: "a" }, delaySeconds: 901 },
    ],
    ["tickets", "messages[0].id needs an ordered part", { detail: { id: "a" }, id: "x" }],
    ["tickets", "messages[0].group needs an ordered part", { detail: { id: "a" }, group: "x" }],
    ["steps", "messages[0].delaySeconds cannot be used", { detail: 1, delaySeconds: 5 }],
    ["steps", "messages[0].id must have 1 to 255 characters", { detail: 1, id: "" }],
  ] as const)("refuses an invalid message to %s: %s", async (queue, error, message) => {
    expect((await send(queue, message)).error).toContain(error);
    await store.drain();

    expect(received).toEqual([]);
  });

  it("refuses more than 1,000 messages", async () => {
    const messages = Array.from({ length: 1001 }, () => ({ detail: 1 }));

    expect((await send("steps", ...messages)).error).toContain("1001 messages are too many");
  });

  it("stops a loop after eight parts", async () => {
    await send("steps", { detail: "again" });
    await store.drain();

    expect(received).toHaveLength(9);
    expect(await store.deadLetterCount("support-steps")).toBe(1);
  });
});

describe("a message that a route sends to a part that publishes", () => {
  it("reaches the publishers", async () => {
    const published: unknown[] = [];
    const item = z.object({ title: z.string() });
    const news = definePlugin({
      name: "news",
      about: "Publishes from a route.",
      needs: () => ({ out: need.queue("out", item) }),
      setup: ({ resources }) => resources,
      inbound: {
        out: {
          about: "Publishes news.",
          schema: item,
          run: ({ detail }) => ({ publish: [detail] }),
        },
      },
      publishers: {
        list: { about: "Keeps a list.", publish: async (items) => void published.push(...items) },
      },
      routes: {
        "POST /news": {
          about: "Publishes.",
          run: async (_, { services }) => {
            await services.out.send([{ detail: { title: "Hello" } }]);
            return jsonResponse({});
          },
        },
      },
    });
    await using other = await startStore({ plugins: [basicauth(), news()] });

    await other.post("/news");
    await other.drain();

    expect(published).toEqual([{ title: "Hello" }]);
  });
});

describe("a message that a hook sends in a transaction", () => {
  it("is received after the commit", async () => {
    expect((await store.put(`${POSTS}/a`)).status).toBe(201);
    await store.drain();

    expect(received).toEqual(["a"]);
  });

  it("is received at its largest", async () => {
    expect((await store.put(`${POSTS}/f`, { data: { text: '"'.repeat(124_000) } })).status).toBe(201);
    await store.drain();

    expect(received).toEqual(["f"]);
  });

  it("is not received when the hook refuses the change", async () => {
    refuses = true;
    expect((await store.put(`${POSTS}/b`)).status).toBe(403);
    await store.drain();

    expect(received).toEqual([]);
  });

  it("is received for the parts of a batch that succeed", async () => {
    const { body } = await store.post("/batch", {
      requests: [
        { method: "PUT", path: `${POSTS}/c` },
        { method: "PUT", path: `${POSTS}/d`, body: { data: { refused: true } } },
        { method: "PUT", path: `${POSTS}/e` },
      ],
    });
    await store.drain();

    expect(body.responses.map(({ status }: { status: number }) => status)).toEqual([201, 403, 201]);
    expect(received.toSorted()).toEqual(["c", "e"]);
  });

  it("cannot be sent by a hook before reads", async () => {
    await store.put("/buckets/secret");
    await store.put("/buckets/secret/collections/notes");

    expect((await store.put("/buckets/secret/collections/notes/records/a")).status).toBe(500);
    await store.drain();

    expect(received).toEqual([]);
  });
});
