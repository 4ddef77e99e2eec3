import { describe, expect, it } from "@jest/globals";
import { type DeliveryContext, deliverEvent, toClaimKey } from "../../../core/events/deliver.ts";
import { deliverBatch } from "../../../core/events/deliver-batch.ts";
import { FailedAttemptError, PermanentError, RetryAfterError } from "../../../core/events/delivery-errors.ts";
import { type ChangeEvent, encodeEvent } from "../../../core/events/event.ts";
import type { Listener } from "../../../core/events/listener.ts";
import type { Provenance } from "../../../core/events/provenance.ts";
import { createLog, type LogFields } from "../../../core/ports/log.ts";
import type { Claim, Lease } from "../../../core/ports/store.ts";

const NOW = 1_000_000;
const event = (id: string, provenance: Provenance = {}): ChangeEvent => ({
  ...{ id, resource_name: "record", uri: `/buckets/a/collections/c/records/${id}`, user_id: "u", timestamp: 1 },
  ...{ parent_generation: "g", action: "create", new: { id } },
  ...provenance,
});
const message = (id: string, group?: string, provenance?: Provenance) => ({
  body: encodeEvent(event(id, provenance)),
  sentAt: NOW - 100 * Number(/\d+/.exec(id)?.[0] ?? 0),
  ...(group !== undefined && { group }),
});
const limits = () => ({ budgetMs: 5000, maxAttempts: 3, closing: new AbortController().signal });

/** @param claims the claims by event id; by default the first try is taken */
const open = (
  listener: Partial<Listener> = {},
  claims: Readonly<Record<string, Claim | Error>> = {},
  failing: readonly string[] = [],
) => {
  const calls: string[] = [];
  const logged: [string, string, LogFields][] = [];
  const added: LogFields[] = [];
  const provenances: Provenance[] = [];
  const leases: Lease[] = [];
  const update = async (name: string, key: string) => {
    calls.push(`${name} ${key}`);
    if (failing.includes(name)) throw new Error(`no ${name}`);
  };
  const context: DeliveryContext = {
    listener: {
      ...{ name: "p-l", on: [], idempotent: false },
      run: async ({ id }) => {
        calls.push(`run ${id}`);
      },
      ...listener,
    },
    claims: {
      claim: async (key, lease) => {
        leases.push(lease);
        const claim = claims[key.split("#")[1] ?? ""] ?? { kind: "taken", tries: 1 };
        if (claim instanceof Error) throw claim;
        return claim;
      },
      settle: (key) => update("settle", key),
      release: (key, _, { forget }) => update(`release${forget ? " and forget" : ""}`, key),
    },
    now: () => NOW,
    log: createLog((level, text, fields) => logged.push([level, text, fields])),
    addLogContext: (fields) => added.push(fields),
    recordDelivered: (sentAt, startedAt) => {
      expect(startedAt).toBeGreaterThan(Date.now() - 60_000);
      calls.push(`delivered ${sentAt.join()}`);
    },
    runWithProvenance: (provenance, run) => {
      provenances.push(provenance);
      return run();
    },
  };
  return { context, calls, logged, added, provenances, leases };
};

describe("deliverEvent", () => {
  it("runs the listener once, with its event, provenance and log", async () => {
    const events: ChangeEvent[] = [];
    const { context, calls, logged, added, provenances, leases } = open({
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
    const { context, calls, added } = open({ idempotent: true });

    expect(await deliverEvent(context, message("e1"), limits())).toBeUndefined();
    expect(calls).toEqual(["run e1", `delivered ${NOW - 100}`]);
    expect(added).toEqual([{ event_id: "e1" }]);
  });

  it.each<[Claim, unknown]>([
    [{ kind: "done" }, undefined],
    [{ kind: "busy", until: NOW + 4200 }, { after: 5 }],
    [{ kind: "busy", until: NOW - 5 }, { after: 1 }],
  ])("does not run for the claim %j: %j", async (claim, outcome) => {
    const { context, calls } = open({}, { e1: claim });

    expect(await deliverEvent(context, message("e1"), limits())).toEqual(outcome);
    expect(calls).toEqual([]);
  });

  it("is not attempted when the record cannot be read", async () => {
    const cause = new Error("throttled");
    const { context, calls } = open({}, { e1: cause });

    await expect(deliverEvent(context, message("e1"), limits())).rejects.toMatchObject({
      name: "NotAttemptedError",
      message: "The idempotency record could not be read",
      cause,
    });
    expect(calls).toEqual([]);
  });

  it("calls the listener again when it asks for it", async () => {
    const { context, calls } = open({ run: async () => "requeue" as const });

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
    const { context, calls } = open({ run }, { e1: { kind: "taken", tries } });
    const failed = await deliverEvent(context, message("e1"), limits()).catch((thrown: unknown) => thrown);

    expect(failed).toBeInstanceOf(FailedAttemptError);
    expect(failed).toMatchObject({ cause: error, attempt: tries });
    expect(calls).toEqual([`${call} p-l#e1`]);
  });

  it("gives up a message that ends its workers", async () => {
    const { context } = open({}, { e1: { kind: "taken", tries: 7 } });

    await expect(deliverEvent(context, message("e1"), limits())).rejects.toMatchObject({
      attempt: 7,
      cause: {
        name: "PoisonMessageError",
        message: "6 workers started to handle this message, and none of them completed",
      },
    });
  });

  it("only logs that a record could not be updated, because the effect has happened", async () => {
    const { context, logged } = open({}, {}, ["settle"]);

    expect(await deliverEvent(context, message("e1"), limits())).toBeUndefined();
    expect(logged).toMatchObject([
      ["WARN", "An idempotency record could not be updated", { event_id: "e1", error: { message: "no settle" } }],
    ]);
  });

  it("rejects what is no event for good", async () => {
    await expect(deliverEvent(open().context, { body: "{}", sentAt: 1 }, limits())).rejects.toMatchObject({
      permanent: true,
    });
  });
});

describe("toClaimKey", () => {
  it("names the listener and the event", () => {
    expect(toClaimKey(open().context.listener, event("e1"))).toBe("p-l#e1");
  });
});

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
    return { ...open({ runBatch, ...listener }, claims, failing), delivered };
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
