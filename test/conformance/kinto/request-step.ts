import type { Json } from "../../../lib/json.ts";
import type { RandomSource } from "./random-source.ts";
import type { Step } from "./scenario.ts";
import { pickUser, timeSymbol } from "./values.ts";

export type RequestStep = Omit<Step, "feature">;

export const toJson = (value: Json): string => JSON.stringify(value);

export const getRequest = (chance: RandomSource, path: string): RequestStep => ({
  user: pickUser(chance),
  method: chance.happens(0.85) ? "GET" : "HEAD",
  path,
});

export const withQuery = (path: string, pairs: readonly string[]): string =>
  pairs.length === 0 ? path : `${path}?${pairs.join("&")}`;

export const listBounds = (chance: RandomSource, path: string): string[] => {
  const bound = (): string => {
    const at = chance.pickWeighted([
      [7, timeSymbol(chance, path)],
      [1, "0"],
      [1, "1500000000000"],
    ]);
    return chance.happens(0.4) ? `%22${at}%22` : at;
  };
  return [
    ...(chance.happens(0.4) ? [`_since=${bound()}`] : []),
    ...(chance.happens(0.15) ? [`_before=${bound()}`] : []),
    ...(chance.happens(0.4) ? [`_limit=${chance.pick([1, 1, 2, 2, 3, 5, 100])}`] : []),
  ];
};
