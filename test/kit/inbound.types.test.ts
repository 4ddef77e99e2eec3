import { expect, it } from "@jest/globals";
import { definePlugin, type Json, need } from "@kintoun/kit";
import * as z from "zod";

/** Each of the calls below is checked by tsc: an expected error that does not come is an error itself. None of them is run. */
const compiled = (_: () => unknown): void => expect(true).toBe(true);
const named = { name: "x", about: "Is a test." };
const about = "Is a part.";

it("knows what comes in by the part's schema, and else that it is JSON", () => {
  compiled(() =>
    definePlugin({
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
    }),
  );
});

it("takes events of a bus as the kit makes them, by the plugin's options too", () => {
  compiled(() =>
    definePlugin({
      ...named,
      config: z.object({ source: z.string() }),
      inbound: {
        stated: {
          about,
          from: need.events({ source: ["compute"], "detail-type": [{ prefix: "compute." }] }),
          run: ({ source }) => void source?.length,
        },
        chosen: {
          about,
          from: ({ source }) => need.events({ source: [source] }, { bus: "ops" }),
          run: () => ({ publish: [{ heard: true }] }),
        },
        // @ts-expect-error a pattern alone says of no bus that it is meant
        bare: { about, from: { source: ["compute"] }, run: () => {} },
      },
    }),
  );
  // @ts-expect-error it is called detail-type
  compiled(() => need.events({ detail_type: ["compute.instance.update"] }));
  // @ts-expect-error rules stand in a list
  compiled(() => need.events({ source: "compute" }));
});

it("is no need that setup could get anything for", () => {
  compiled(() =>
    definePlugin({
      ...named,
      // @ts-expect-error events are what an inbound part is from
      needs: () => ({ events: need.events({ source: ["compute"] }) }),
    }),
  );
});

it("returns JSON to be published, or what a listener may", () => {
  compiled(() =>
    definePlugin({
      ...named,
      inbound: {
        again: { about, run: () => "requeue" },
        // @ts-expect-error items are objects
        text: { about, run: () => ({ publish: ["text"] }) },
        // @ts-expect-error a date is no JSON
        date: { about, run: () => ({ publish: [{ at: new Date() }] }) },
      },
    }),
  );
});

it("tells publishers what items came of", () => {
  compiled(() =>
    definePlugin({
      ...named,
      publishers: {
        tell: {
          about,
          where: () => ({ kind: ["order"] }),
          publish: async (items, { listener, event_id, request_id }) => {
            const [from, id, request]: [string, string, string | undefined] = [listener, event_id, request_id];
            // @ts-expect-error it is told what they are, and not what happened
            return void [items[0]?.kind, from, id, request, items.uri];
          },
        },
      },
    }),
  );
});
