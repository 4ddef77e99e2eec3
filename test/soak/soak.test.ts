import { describe, expect, it } from "@jest/globals";
import { soak } from "./soak.ts";

describe("store whose workers and dispatcher are killed", () => {
  it("delivers every change with its effect once, in order where required, and dead-letters only poison", async () => {
    const lines: string[] = [];
    const { problems, rows, kills, log } = await soak({
      writes: 1000,
      seed: Number(process.env.SOAK_SEED ?? 1),
      print: (line) => lines.push(line),
    });

    if (problems.length > 0) console.error(`${lines.join("\n")}\n${log.split("\n").slice(-50).join("\n")}`);
    expect(problems).toEqual([]);
    expect(kills.worker).toBeGreaterThan(0);
    expect(kills.dispatch).toBeGreaterThan(0);
    for (const { listener, expected, poisoned } of rows)
      expect([listener, expected > 0, poisoned > 0]).toEqual([listener, true, true]);
  }, 600_000);
});
