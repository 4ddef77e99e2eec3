import type { Plan } from "../../core/store/transact.ts";

/** One plan for all. */
export const plans = (all: readonly Omit<Plan, "members">[]): Omit<Plan, "members"> => ({
  objects: all.flatMap(({ objects }) => objects),
  clocks: all.flatMap(({ clocks }) => clocks),
  writes: all.flatMap(({ writes }) => writes),
});
