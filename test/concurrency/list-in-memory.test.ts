import { describe, expect, it } from "@jest/globals";
import { record } from "./clients.ts";
import { listInMemory } from "./list-in-memory.ts";
import { unexplained } from "./serial-order.ts";

const START = 1000;
/** How often they fight. */
const ROUNDS = Number(process.env.FIGHT_ROUNDS ?? 20);

describe("serial order of eight clients on a correct in-memory list", () => {
  it(
    "is found although responses are lost",
    async () => {
      for (let round = 0; round < ROUNDS; round++) {
        const { door, changes } = listInMemory(START);
        const { histories } = await record({
          doors: [door],
          lists: ["/list"],
          ids: ["a", "b", "c", "d"],
          count: 8,
          forMs: 100,
        });
        expect(histories[0]?.length).toBeGreaterThan(8);
        expect(unexplained(histories[0] ?? [], changes, { start: START, lists: "timestamp first" })).toBeUndefined();
      }
    },
    60_000 + ROUNDS * 1000,
  );
});
