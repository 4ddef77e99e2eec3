import { lengthen } from "./time-limits.ts";

/** Enough for a process to start on a busy computer, and less than jest's time limit of a test. */
const MAX_WAIT_MS = lengthen(60_000);
const INTERVAL_MS = 20;

/**
 * Waits until a condition holds. Rejects with its description after 60 seconds.
 *
 * @param condition completes the sentence "Timed out waiting until …"
 * @example
 * await waitUntil("the worker has mailed", () => output.includes("mailed"));
 */
export const waitUntil = async (condition: string, holds: () => boolean | Promise<boolean>): Promise<void> => {
  const deadline = Date.now() + MAX_WAIT_MS;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`Timed out waiting until ${condition}`);
    await new Promise((resolve) => setTimeout(resolve, INTERVAL_MS));
  }
};
