import { describe, expect, it } from "@jest/globals";
import {
  addSlowAttempt,
  admitMessage,
  type Circuit,
  createCircuit,
  getCircuitState,
  recordFailure,
  recordSuccess,
  startProbe,
} from "../../plugins/webhooks/circuit.ts";
import { createPermits } from "../../plugins/webhooks/permits.ts";
import fc from "../fast-check.ts";

const TIMEOUT_MS = 15_000;

/** Applies failures of different messages. */
const failTimes = (circuit: Circuit, count: number, now: number): Circuit =>
  Array.from({ length: count }, (_, n) => `m${n}`).reduce(
    (found, id) => recordFailure(found, id, false, now) ?? found,
    circuit,
  );

describe("webhooks › circuit state", () => {
  it("holds messages while five attempts are slow, until one of them ends", () => {
    let circuit = createCircuit("u");
    for (let n = 0; n < 4; n++) circuit = addSlowAttempt(circuit, `m${n}`, TIMEOUT_MS, 0);
    expect(admitMessage(circuit, 1)).toEqual({ kind: "send" });
    circuit = addSlowAttempt(circuit, "m4", TIMEOUT_MS, 0);
    expect(admitMessage(circuit, 1)).toMatchObject({ kind: "hold" });
    expect(getCircuitState(circuit, 1)).toBe("closed");

    expect(admitMessage(recordSuccess(circuit, "m2") as Circuit, 1)).toEqual({ kind: "send" });
    expect(admitMessage(recordFailure(circuit, "m2", false, 1) as Circuit, 1)).toEqual({ kind: "send" });
    // An attempt whose worker ended is forgotten at its timeout.
    expect(admitMessage(circuit, TIMEOUT_MS)).toEqual({ kind: "send" });
  });

  it("does not count failures of attempts that began before it opened", () => {
    const open = failTimes(createCircuit("u"), 5, 0);
    expect(recordFailure(open, "late", false, 10_000)).toBeUndefined();
    expect(recordFailure(open, "probe", true, 30_000)).toMatchObject({ probe_at: 90_000, failed_probes: 1 });
  });

  it("allows another probe after the timeout of one without an outcome", () => {
    const open = failTimes(createCircuit("u"), 5, 0);
    expect(startProbe(open, 29_999, TIMEOUT_MS)).toBeUndefined();
    const probing = startProbe(open, 30_000, TIMEOUT_MS) as Circuit;
    expect(getCircuitState(probing, 30_000)).toBe("half-open");
    expect(startProbe(probing, 49_999, TIMEOUT_MS)).toBeUndefined();
    expect(startProbe(probing, 50_000, TIMEOUT_MS)).toBeDefined();
  });

  it("admits at most one message per pause while no message succeeds", () => {
    const steps = fc.array(fc.record({ wait: fc.integer({ min: 0, max: 40_000 }), fails: fc.boolean() }), {
      minLength: 1,
      maxLength: 100,
    });
    fc.assert(
      fc.property(steps, (list) => {
        let circuit = failTimes(createCircuit("u"), 5, 0);
        let now = 0;
        let last = 0;
        for (const { wait, fails } of list) {
          now += wait;
          const probing = startProbe(circuit, now, TIMEOUT_MS);
          if (probing === undefined) continue;
          // After a failure 30 s to 5 min, after a worker that ended without an outcome its timeout and 5 s.
          expect(now - last).toBeGreaterThanOrEqual(20_000);
          last = now;
          circuit = (fails ? recordFailure(probing, "p", true, now) : undefined) ?? probing;
        }
        expect(admitMessage(recordSuccess(circuit, "p") as Circuit, now)).toEqual({ kind: "send" });
      }),
    );
  });
});

describe("webhooks › permits", () => {
  const never = new AbortController().signal;
  const acquireAll = (permits: ReturnType<typeof createPermits>, count: number, key = "h") =>
    Promise.all(Array.from({ length: count }, () => permits.acquire(key, never)));

  it("let ten run at a time, and the others as soon as one ends", async () => {
    const permits = createPermits(5000);
    let [running, most] = [0, 0];
    await Promise.all(
      Array.from({ length: 200 }, async () => {
        const release = await permits.acquire("h", never);
        expect(release).toBeDefined();
        most = Math.max(most, ++running);
        await new Promise((done) => setTimeout(done, 1));
        running--;
        release?.();
      }),
    );
    expect([most, running]).toEqual([10, 0]);
    expect((await acquireAll(permits, 10)).every((release) => release !== undefined)).toBe(true);
  });

  it("are refused without progress, at once when there was none before, and only for that webhook", async () => {
    const permits = createPermits(50);
    const [first] = await acquireAll(permits, 10);
    expect(await acquireAll(permits, 3)).toEqual([undefined, undefined, undefined]);
    const refusals = permits.acquire("h", never);
    // A refusal after the first ones needs no timer.
    expect(await Promise.race([refusals, new Promise((done) => setImmediate(() => done("waits")))])).toBeUndefined();
    expect(await permits.acquire("other", never)).toBeDefined();
    first?.();
    expect(await permits.acquire("h", never)).toBeDefined();
  });

  it("are refused when the worker ends", async () => {
    const permits = createPermits(60_000);
    await acquireAll(permits, 10);
    const closing = new AbortController();
    const waiting = permits.acquire("h", closing.signal);
    closing.abort();
    expect(await waiting).toBeUndefined();
    expect(await permits.acquire("h", AbortSignal.abort())).toBeUndefined();
  });
});
