import type { Plan } from "../../core/store/transact.ts";

/** One plan for all: what several of them read and write stands in it once. */
export const plans = (all: readonly Omit<Plan, "members">[]): Omit<Plan, "members"> => ({
  objects: byUri(all.flatMap(({ objects }) => objects)),
  clocks: byUri(all.flatMap(({ clocks }) => clocks)),
  writes: byUri(all.flatMap(({ writes }) => writes)),
});

const byUri = <T extends { readonly uri: string }>(all: readonly T[]): T[] => [...new Map(all.map((one) => [one.uri, one])).values()];
