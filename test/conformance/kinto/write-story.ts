import { type Chance, chanceOf } from "./chance.ts";
import { type Ask, FEATURES } from "./features.ts";
import type { Step, Story } from "./story.ts";
import { data, permissions } from "./values.ts";

/** Requests after the first ones. */
const LENGTH = 30;

/** A story about the features, the same for the same seed. */
export const writeStory = (seed: number, features: readonly string[]): Story => {
  const chance = chanceOf(seed);
  const story: Step[] = beginning(chance);
  while (story.length < LENGTH) {
    const step = next(chance, features);
    story.push(step);
    if (empties(step) && chance.happens(0.7)) story.push(...beginning(chance));
  }
  return story;
};

const next = (chance: Chance, features: readonly string[]): Step => {
  const about = chance.weigh(features.map((name) => [FEATURES[name]?.weight ?? 0, name]));
  const others = features.filter((name) => name !== "batch");
  const other = (choose: Chance): Ask => (others.length === 0 ? ask(choose, "objects") : next(choose, others));
  return { about, ...ask(chance, about, other) };
};

const ask = (
  chance: Chance,
  about: string,
  others: (chance: Chance) => Ask = (choose) => ask(choose, "objects"),
): Ask => {
  const feature = FEATURES[about];
  if (feature === undefined)
    throw new Error(`There is no feature ${about}; there are ${Object.keys(FEATURES).join(", ")}.`);
  return feature.ask(chance, others);
};

const empties = ({ method, path }: Step): boolean =>
  method === "DELETE" && /\/buckets(\/[^/?]*)?(\/collections(\/[^/?]*)?)?(\?.*)?$/.test(path);

/** A bucket of alice's with a collection, a group of bob's and some records. */
const beginning = (chance: Chance): Step[] => {
  const bucket = "/v1/buckets/b{{w}}";
  const alice = (path: string, body: unknown): Step => ({
    about: "beginning",
    as: "alice",
    method: "PUT",
    path: `${bucket}${path}`,
    body: JSON.stringify(body),
  });
  return [
    alice("", chance.happens(0.4) ? { permissions: permissions(chance, "bucket") } : {}),
    alice("/collections/c", chance.happens(0.4) ? { permissions: permissions(chance, "collection") } : {}),
    ...(chance.happens(0.6) ? [alice("/groups/g", { data: { members: ["{{user:bob}}"] } })] : []),
    ...["r1", "r2", "r3", "r4"]
      .filter(() => chance.happens(0.6))
      .map((id) => alice(`/collections/c/records/${id}`, { data: data(chance, "record") })),
  ];
};
