import { describe, expect, it } from "@jest/globals";
import { record } from "./clients.ts";
import { createListInMemory } from "./list-in-memory.ts";
import { findInconsistency } from "./serial-order.ts";

const START = 1000;
/** Number of runs. */
const ROUNDS = Number(process.env.CONTENTION_ROUNDS ?? 20);

describe("serial order of eight clients on a correct in-memory list", () => {
  it(
    "is found although responses are lost",
    async () => {
      for (let round = 0; round < ROUNDS; round++) {
        const { endpoint, changes } = createListInMemory(START);
        const { histories } = await record({
          endpoints: [endpoint],
          lists: ["/list"],
          ids: ["a", "b", "c", "d"],
          count: 8,
          forMs: 100,
        });
        expect(histories[0]?.length).toBeGreaterThan(8);
        expect(
          findInconsistency(histories[0] ?? [], changes, { start: START, lists: "timestamp first" }),
        ).toBeUndefined();
      }
    },
    60_000 + ROUNDS * 1000,
  );
});
