import { describe, expect, it } from "@jest/globals";
import { FailedAttemptError } from "../../../core/events/delivery-errors.ts";
import { runIdempotently } from "../../../core/events/idempotency.ts";
import { createJsonLog } from "../../../core/ports/log.ts";

const MAX_ATTEMPTS = 5;

/** Delivers an event whose claim was taken a number of times, including this one. */
const deliver = async (tries: number) => {
  const calls: string[] = [];
  const claims = {
    claim: async () => ({ kind: "taken", tries }) as const,
    settle: async () => void calls.push("settle"),
    release: async (_: string, __: unknown, { forget }: { readonly forget: boolean }) =>
      void calls.push(`release, forget ${forget}`),
  };
  const context = { claims, now: () => 0, log: createJsonLog(() => undefined) };
  const limits = { budgetMs: 1000, maxAttempts: MAX_ATTEMPTS, closing: new AbortController().signal };
  const outcome = await runIdempotently(context, "listener#event", limits, () => void calls.push("run")).catch(
    (error: unknown) => error,
  );
  return { calls, outcome };
};

describe("runIdempotently, for a delivery that no worker completed", () => {
  it("still runs it three attempts after the last one", async () => {
    expect(await deliver(MAX_ATTEMPTS + 3)).toEqual({ calls: ["run", "settle"], outcome: undefined });
  });

  it("gives it up in the next attempt without running it", async () => {
    const { calls, outcome } = await deliver(MAX_ATTEMPTS + 4);

    expect(calls).toEqual(["release, forget true"]);
    expect(outcome).toBeInstanceOf(FailedAttemptError);
  });
});
