/** Checked by `npm run types`, never run: an expected error that does not occur is an error itself. */

import { definePlugin, type Json, need } from "@kintoun/kit";
import * as z from "zod";

const named = { name: "x", about: "Is a test." };
const about = "Is a part.";

// An inbound part's detail has the type of its schema, or is JSON.
void (() => {
  void definePlugin({
    ...named,
    inbound: {
      described: {
        about,
        schema: z.object({ id: z.string(), version: z.coerce.number() }),
        run: ({ detail, id, body }) => {
          const version: number = detail.version;
          // @ts-expect-error the schema has no such field
          return void [detail.state, version, id, body];
        },
      },
      other: {
        about,
        schema: z.literal("ping"),
        run: ({ detail }) => {
          const ping: "ping" = detail;
          return void ping;
        },
      },
      plain: {
        about,
        run: ({ detail }) => {
          const json: Json = detail;
          // @ts-expect-error it may be a text, or a list
          return void [json, detail.id];
        },
      },
    },
  });
});

// Messages to the own queue have the type that the schema of the part accepts, or are JSON.
void (() => {
  const ticket = z.object({ id: z.string(), urgent: z.boolean().default(false) });
  void definePlugin({
    ...named,
    needs: () => ({ tickets: need.queue("tickets", ticket), plain: need.queue("plain") }),
    setup: ({ resources }) => resources,
    inbound: { tickets: { about, schema: ticket, run: ({ detail }) => void (detail.urgent satisfies boolean) } },
    routes: {
      "POST /tickets": {
        about,
        run: async (_, { services }) => {
          await services.tickets.send([
            { detail: { id: "a" } },
            { detail: { id: "b", urgent: true }, delaySeconds: 5 },
          ]);
          await services.plain.send([{ detail: ["any", { json: null }] }]);
          // @ts-expect-error an id is a text
          await services.tickets.send([{ detail: { id: 1 } }]);
          // @ts-expect-error a date is not JSON
          await services.plain.send([{ detail: new Date() }]);
          return { status: 200, headers: {}, body: null };
        },
      },
    },
  });
});

// An inbound part's source is created by the kit, and may depend on options.
void (() => {
  void definePlugin({
    ...named,
    config: z.object({ source: z.string() }),
    inbound: {
      sent: {
        about,
        from: ({ source }) => (source === "" ? undefined : need.messages({ from: [source] })),
        run: ({ detail }) => void (detail satisfies Json),
      },
      unlisted: {
        about,
        // @ts-expect-error senders are a list
        from: need.messages({ from: "arn:aws:sns:eu-west-1:123456789012:news" }),
        run: () => {},
      },
      stated: {
        about,
        from: need.events({ source: ["compute"], "detail-type": [{ prefix: "compute." }] }),
        run: ({ source }) => void source?.length,
      },
      chosen: {
        about,
        from: ({ source }) => need.events({ source: [source] }, { bus: "ops" }),
        run: () => ({ publish: [{ received: true }] }),
      },
      // @ts-expect-error a pattern alone says of no bus that it is meant
      bare: { about, from: { source: ["compute"] }, run: () => {} },
    },
  });
  // @ts-expect-error it is called detail-type
  void need.events({ detail_type: ["compute.instance.update"] });
  // @ts-expect-error rules stand in a list
  void need.events({ source: "compute" });
});

// An event source is not a need.
void (() => {
  void definePlugin({
    ...named,
    // @ts-expect-error events are what an inbound part is from
    needs: () => ({ events: need.events({ source: ["compute"] }) }),
  });
});

// An inbound part returns a listener's outcome.
void (() => {
  void definePlugin({
    ...named,
    inbound: {
      again: { about, run: () => "requeue" },
      // @ts-expect-error items are objects
      text: { about, run: () => ({ publish: ["text"] }) },
      // @ts-expect-error a date is no JSON
      date: { about, run: () => ({ publish: [{ at: new Date() }] }) },
    },
  });
});

// A publisher's context has the origin of the items.
void (() => {
  void definePlugin({
    ...named,
    publishers: {
      tell: {
        about,
        where: () => ({ kind: ["order"] }),
        publish: async (items, { listener, event_id, request_id }) => {
          const [from, id, request]: [string, string, string | undefined] = [listener, event_id, request_id];
          // @ts-expect-error it gets the items, not the event
          return void [items[0]?.kind, from, id, request, items.uri];
        },
      },
    },
  });
});
