import { FEATURES } from "./features.ts";
import { createRandomSource, type RandomSource } from "./random-source.ts";
import type { RequestStep } from "./request-step.ts";
import type { Scenario, Step } from "./scenario.ts";
import { ACCOUNT_USERS, randomData, randomPermissions } from "./values.ts";

/** Minimum number of steps of a scenario. */
const MAX_STEPS = 30;

/** Generates a scenario from the features. The same seed gives the same scenario. */
export const generateScenario = (seed: number, features: readonly string[]): Scenario => {
  const chance = createRandomSource(seed);
  const scenario: Step[] = [...(features.includes("accounts") ? registrations(chance) : []), ...initialSteps(chance)];
  while (scenario.length < MAX_STEPS) {
    const step = nextStep(chance, features);
    scenario.push(step);
    if (deletesMuch(step) && chance.happens(0.7)) scenario.push(...initialSteps(chance));
  }
  return scenario;
};

const nextStep = (chance: RandomSource, features: readonly string[]): Step => {
  const about = chance.pickWeighted(features.map((name) => [FEATURES[name]?.weight ?? 0, name]));
  const others = features.filter((name) => name !== "batch");
  const other = (choose: RandomSource): RequestStep =>
    others.length === 0 ? requestFor(choose, "objects") : nextStep(choose, others);
  return { feature: about, ...requestFor(chance, about, other) };
};

const requestFor = (
  chance: RandomSource,
  about: string,
  others: (chance: RandomSource) => RequestStep = (choose) => requestFor(choose, "objects"),
): RequestStep => {
  const feature = FEATURES[about];
  if (feature === undefined)
    throw new Error(`Unknown feature '${about}'. KINTO_FEATURES takes: ${Object.keys(FEATURES).join(", ")}.`);
  return feature.generate(chance, others);
};

const deletesMuch = ({ method, path }: Step): boolean =>
  method === "DELETE" && /\/buckets(\/[^/?]*)?(\/collections(\/[^/?]*)?)?(\?.*)?$/.test(path);

/** Creates accounts. The users that have none here are users of basic authentication. */
const registrations = (chance: RandomSource): Step[] =>
  ACCOUNT_USERS.filter(() => chance.happens(0.6)).map((id) => ({
    feature: "beginning",
    user: null,
    method: "PUT",
    path: `/v1/accounts/${id}{{w}}`,
    body: JSON.stringify({ data: { password: "secret" } }),
  }));

/** Creates alice's bucket with a collection, a group with bob and some records. */
const initialSteps = (chance: RandomSource): Step[] => {
  const bucket = "/v1/buckets/b{{w}}";
  const alice = (path: string, body: unknown): Step => ({
    feature: "beginning",
    user: "alice",
    method: "PUT",
    path: `${bucket}${path}`,
    body: JSON.stringify(body),
  });
  return [
    alice("", chance.happens(0.4) ? { permissions: randomPermissions(chance, "bucket") } : {}),
    alice("/collections/c", chance.happens(0.4) ? { permissions: randomPermissions(chance, "collection") } : {}),
    ...(chance.happens(0.6) ? [alice("/groups/g", { data: { members: ["{{user:bob}}"] } })] : []),
    ...["r1", "r2", "r3", "r4"]
      .filter(() => chance.happens(0.6))
      .map((id) => alice(`/collections/c/records/${id}`, { data: randomData(chance, "record") })),
  ];
};
