import { describe, expect, it } from "@jest/globals";
import { deliverBatch } from "../../../core/events/deliver-batch.ts";
import { RetryAfterError } from "../../../core/events/delivery-errors.ts";
import type { Listener } from "../../../core/events/listener.ts";
import type { Claim } from "../../../core/ports/store.ts";
import { limits, message, NOW, openDelivery } from "./open-delivery.ts";

describe("deliverBatch", () => {
  const openBatch = (
    claims: Readonly<Record<string, Claim | Error>> = {},
    { fail, ...listener }: Partial<Listener> & { fail?: Error } = {},
    failing: readonly string[] = [],
  ) => {
    const delivered: string[][] = [];
    const runBatch: NonNullable<Listener["runBatch"]> = async (events) => {
      delivered.push(events.map(({ id }) => id));
      if (fail !== undefined) throw fail;
    };
    return { ...openDelivery({ runBatch, ...listener }, claims, failing), delivered };
  };
  const ALONE = { after: 1 };

  it("delivers all events in one call", async () => {
    const { context, calls, delivered } = openBatch();

    expect(await deliverBatch(context, [message("e1"), message("e2")], limits())).toEqual([undefined, undefined]);
    expect(delivered).toEqual([["e1", "e2"]]);
    expect(calls).toEqual([`delivered ${NOW - 100},${NOW - 200}`, "settle p-l#e1", "settle p-l#e2"]);
  });

  it("keeps no records for an idempotent listener", async () => {
    const { context, calls, leases } = openBatch({}, { idempotent: true });

    await deliverBatch(context, [message("e1")], limits());
    expect([calls, leases]).toEqual([[`delivered ${NOW - 100}`], []]);
  });

  it("delivers an event once that is received twice, or was delivered before", async () => {
    const { context, delivered } = openBatch({ e2: { kind: "done" } });
    const messages = [message("e1"), message("e1"), message("e2")];

    expect(await deliverBatch(context, messages, limits())).toEqual([undefined, undefined, undefined]);
    expect(delivered).toEqual([["e1"]]);
  });

  it("does not call the listener without events", async () => {
    const { context, delivered, calls } = openBatch({ e1: { kind: "done" } });

    expect(await deliverBatch(context, [message("e1")], limits())).toEqual([undefined]);
    expect([delivered, calls]).toEqual([[], ["release p-l#e1"]]);
  });

  it("leaves messages for later that are no events, claimed by others or not claimed", async () => {
    const { context, delivered, calls, logged } = openBatch({
      e2: { kind: "busy", until: NOW + 3000 },
      e3: new Error("throttled"),
    });
    const messages = [message("e1"), message("e2"), message("e3"), { body: "{}", sentAt: 1 }];

    expect(await deliverBatch(context, messages, limits())).toEqual([undefined, { after: 3 }, ALONE, ALONE]);
    expect(delivered).toEqual([["e1"]]);
    expect(calls.slice(1)).toEqual(["settle p-l#e1", "release p-l#e2", "release p-l#e3"]);
    expect(logged).toMatchObject([
      [
        "WARN",
        "An idempotency record could not be read; the event is delivered alone",
        { error: { message: "throttled" } },
      ],
    ]);
  });

  it("holds back what follows such a message in its group", async () => {
    const { context, delivered } = openBatch({ e1: { kind: "busy", until: NOW + 3000 }, e4: { kind: "done" } });
    const messages = [
      message("e1", "a"),
      message("e2", "a"),
      message("e3", "b"),
      message("e4", "a"),
      message("e5"),
      { body: "{}", sentAt: 1, group: "b" },
      message("e6", "b"),
    ];

    expect(await deliverBatch(context, messages, limits())).toEqual([
      { after: 3 },
      ALONE,
      undefined,
      undefined,
      undefined,
      ALONE,
      ALONE,
    ]);
    expect(delivered).toEqual([["e3", "e5"]]);
  });

  it("delivers each event alone after a failure", async () => {
    const { context, calls, logged } = openBatch({}, { fail: new Error("fails") });

    expect(await deliverBatch(context, [message("e1"), message("e2")], limits())).toEqual([ALONE, ALONE]);
    expect(calls).toEqual(["release p-l#e1", "release p-l#e2"]);
    expect(logged).toMatchObject([
      [
        "WARN",
        "The listener failed on a batch of events; each is delivered alone",
        { event_ids: ["e1", "e2"], events: 2, error: { message: "fails" } },
      ],
    ]);
  });

  it("releases nothing after a failure of an idempotent listener", async () => {
    const { context, calls } = openBatch({}, { fail: new Error("fails"), idempotent: true });

    expect(await deliverBatch(context, [message("e1")], limits())).toEqual([ALONE]);
    expect(calls).toEqual([]);
  });

  it("delivers all events later when the listener says so", async () => {
    const { context, calls, added } = openBatch({}, { fail: new RetryAfterError(60, "busy") });
    const messages = Array.from({ length: 25 }, (_, index) => message(`e${index}`));

    await expect(deliverBatch(context, messages, limits())).rejects.toMatchObject({ seconds: 60 });
    expect(calls).toHaveLength(25);
    expect(added).toEqual([{ event_ids: Array.from({ length: 20 }, (_, index) => `e${index}`), events: 25 }]);
  });

  it("continues the longest chain of causes", async () => {
    const { context, provenances } = openBatch();
    const messages = [message("e1", "a", { cause: ["a"] }), message("e2", "a", { cause: ["b", "c"] }), message("e3")];

    await deliverBatch(context, messages, limits());
    expect(provenances).toEqual([{ cause: ["b", "c", "p-l"] }]);
  });
});
