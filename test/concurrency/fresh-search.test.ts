/** @slow */
import { describe, expect, it } from "@jest/globals";
import { runDrill } from "./fresh-search/drill.ts";

describe("searches of four processes that share no memory", () => {
  it("have every acknowledged write, also when processes are killed and files and copies are damaged", async () => {
    const { stale, failed, checked, copies } = await runDrill({
      processes: 4,
      pairs: 200,
      collections: 2,
      kills: 4,
      records: 2100,
    });

    expect({ stale, failed }).toEqual({ stale: [], failed: [] });
    expect(checked).toBe(200);
    expect(copies).toBeGreaterThan(0);
  }, 240_000);
});
