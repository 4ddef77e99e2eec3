import { describe, expect, it } from "@jest/globals";
import { TimeLimitError } from "../../../core/events/delivery-errors.ts";
import { GRACE_MS, runWithTimeLimit } from "../../../core/events/queue-handler.ts";

const open = () => new AbortController().signal;

describe("runWithTimeLimit", () => {
  it("returns what the work returns, and rejects as it rejects", async () => {
    expect(await runWithTimeLimit("It", 1000, () => 5, open())).toBe(5);
    await expect(runWithTimeLimit("It", 1000, async () => Promise.reject(new TypeError("x")), open())).rejects.toThrow(
      new TypeError("x"),
    );
  });

  it("aborts the signal at the time limit, and when the worker shuts down", async () => {
    const untilAborted = (signal: AbortSignal) =>
      new Promise<string>((resolve) => {
        if (signal.aborted) resolve("aborted before");
        signal.addEventListener("abort", () => resolve("aborted"));
      });
    const closing = new AbortController();

    expect(await runWithTimeLimit("It", 5, untilAborted, open())).toBe("aborted");
    const run = runWithTimeLimit("It", 60_000, untilAborted, closing.signal);
    closing.abort();
    expect(await run).toBe("aborted");
    expect(await runWithTimeLimit("It", 60_000, untilAborted, closing.signal)).toBe("aborted before");
  });

  it("fails work that does not end after its signal was aborted", async () => {
    const startedAt = performance.now();
    const error = await runWithTimeLimit("The work", 50, () => new Promise(() => undefined), open()).catch((e) => e);

    expect(error).toBeInstanceOf(TimeLimitError);
    expect(error).toMatchObject({ message: "The work took longer than 0.05 s" });
    // Timers may be a little early.
    expect(performance.now() - startedAt).toBeGreaterThan(50 + GRACE_MS - 20);
  });
});
