import { describe, expect, it } from "@jest/globals";
import { deliverEvent, toClaimKey } from "../../../core/events/deliver.ts";
import { FailedAttemptError, PermanentError } from "../../../core/events/delivery-errors.ts";
import type { ChangeEvent } from "../../../core/events/event.ts";
import type { Claim } from "../../../core/ports/store.ts";
import { event, limits, message, NOW, openDelivery } from "./open-delivery.ts";

describe("deliverEvent", () => {
  it("runs the listener once, with its event, provenance and log", async () => {
    const events: ChangeEvent[] = [];
    const { context, calls, logged, added, provenances, leases } = openDelivery({
      run: async (delivered, { log, signal }) => {
        events.push(delivered);
        expect(signal.aborted).toBe(false);
        log.info("from the listener");
      },
    });
    const outcome = await deliverEvent(context, message("e1", "g", { request_id: "q", cause: ["a-b"] }), limits());

    expect(outcome).toBeUndefined();
    expect(events).toEqual([event("e1", { request_id: "q", cause: ["a-b"] })]);
    expect(provenances).toEqual([{ request_id: "q", cause: ["a-b", "p-l"] }]);
    expect(added).toEqual([{ event_id: "e1", request_id: "q" }]);
    expect(logged).toEqual([["INFO", "from the listener", { event_id: "e1", request_id: "q" }]]);
    expect(calls).toEqual([`delivered ${NOW - 100}`, "settle p-l#e1"]);
    // The lease ends after the time that work gets to stop.
    expect(leases).toEqual([{ owner: expect.any(String), until: NOW + 5000 + 2000 }]);
  });

  it("keeps no record for an idempotent listener", async () => {
    const { context, calls, added } = openDelivery({ idempotent: true });

    expect(await deliverEvent(context, message("e1"), limits())).toBeUndefined();
    expect(calls).toEqual(["run e1", `delivered ${NOW - 100}`]);
    expect(added).toEqual([{ event_id: "e1" }]);
  });

  it.each<[Claim, unknown]>([
    [{ kind: "done" }, undefined],
    [{ kind: "busy", until: NOW + 4200 }, { after: 5 }],
    [{ kind: "busy", until: NOW - 5 }, { after: 1 }],
  ])("does not run for the claim %j: %j", async (claim, outcome) => {
    const { context, calls } = openDelivery({}, { e1: claim });

    expect(await deliverEvent(context, message("e1"), limits())).toEqual(outcome);
    expect(calls).toEqual([]);
  });

  it("is not attempted when the record cannot be read", async () => {
    const cause = new Error("throttled");
    const { context, calls } = openDelivery({}, { e1: cause });

    await expect(deliverEvent(context, message("e1"), limits())).rejects.toMatchObject({
      name: "NotAttemptedError",
      message: "The idempotency record could not be read",
      cause,
    });
    expect(calls).toEqual([]);
  });

  it("calls the listener again when it asks for it", async () => {
    const { context, calls } = openDelivery({ run: async () => "requeue" as const });

    expect(await deliverEvent(context, message("e1"), limits())).toBe("requeue");
    expect(calls).toEqual(["release and forget p-l#e1"]);
  });

  it.each<[Error, number, string]>([
    [new Error("fails"), 1, "release"],
    [new Error("fails"), 2, "release"],
    [new Error("fails"), 3, "release and forget"],
    [new PermanentError("never"), 1, "release and forget"],
  ])("fails with %s in try %j: %s", async (error, tries, call) => {
    const run = async () => {
      throw error;
    };
    const { context, calls } = openDelivery({ run }, { e1: { kind: "taken", tries } });
    const failed = await deliverEvent(context, message("e1"), limits()).catch((thrown: unknown) => thrown);

    expect(failed).toBeInstanceOf(FailedAttemptError);
    expect(failed).toMatchObject({ cause: error, attempt: tries });
    expect(calls).toEqual([`${call} p-l#e1`]);
  });

  it("gives up a message that ends its workers", async () => {
    const { context } = openDelivery({}, { e1: { kind: "taken", tries: 7 } });

    await expect(deliverEvent(context, message("e1"), limits())).rejects.toMatchObject({
      attempt: 7,
      cause: {
        name: "PoisonMessageError",
        message: "6 workers started to handle this message, and none of them completed",
      },
    });
  });

  it("only logs that a record could not be updated, because the effect has happened", async () => {
    const { context, logged } = openDelivery({}, {}, ["settle"]);

    expect(await deliverEvent(context, message("e1"), limits())).toBeUndefined();
    expect(logged).toMatchObject([
      ["WARN", "An idempotency record could not be updated", { event_id: "e1", error: { message: "no settle" } }],
    ]);
  });

  it("rejects what is no event for good", async () => {
    await expect(deliverEvent(openDelivery().context, { body: "{}", sentAt: 1 }, limits())).rejects.toMatchObject({
      permanent: true,
    });
  });
});

describe("toClaimKey", () => {
  it("names the listener and the event", () => {
    expect(toClaimKey(openDelivery().context.listener, event("e1"))).toBe("p-l#e1");
  });
});
