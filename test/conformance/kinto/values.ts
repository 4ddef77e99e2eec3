import type { Json, JsonObject } from "../../../lib/json.ts";
import type { RandomSource } from "./random-source.ts";

export type Kind = "bucket" | "group" | "collection" | "record";

/** Users with accounts. Where there are none, they are users of basic authentication as the others. */
export const ACCOUNT_USERS: readonly string[] = ["dan", "eve"];

/** Alice creates the objects and has most permissions. Those of the others depend on grants and groups. */
export const pickUser = (chance: RandomSource): string | null =>
  chance.pickWeighted([
    [56, "alice"],
    [16, "bob"],
    [8, "carol"],
    [6, "dan"],
    [3, "eve"],
    [11, null],
  ]);

export const pickKind = (chance: RandomSource): Kind =>
  chance.pickWeighted([
    [50, "record"],
    [18, "collection"],
    [16, "bucket"],
    [16, "group"],
  ]);

const BUCKETS = "/v1/buckets";
export const pickBucketPath = (chance: RandomSource): string => `${BUCKETS}/${chance.happens(0.9) ? "b" : "a"}{{w}}`;
const pickCollectionPath = (chance: RandomSource): string =>
  `${pickBucketPath(chance)}/collections/${chance.happens(0.85) ? "c" : "d"}`;

export const pickListPath = (chance: RandomSource, of: Kind): string => {
  if (of === "bucket") return BUCKETS;
  return of === "record" ? `${pickCollectionPath(chance)}/records` : `${pickBucketPath(chance)}/${of}s`;
};

const IDS: Readonly<Record<Kind, readonly string[]>> = {
  bucket: ["b{{w}}", "b{{w}}", "b{{w}}", "b{{w}}", "a{{w}}"],
  collection: ["c", "c", "c", "d"],
  group: ["g", "g", "h"],
  record: ["r1", "r2", "r3", "r4", "r5"],
};

export const pickId = (chance: RandomSource, of: Kind): string => chance.pick(IDS[of]);

export const pickObjectPath = (chance: RandomSource, of: Kind): string => {
  const at = pickListPath(chance, of);
  if (chance.happens(0.04)) return `${at}/{{id:${at}:0}}`;
  return `${at}/${chance.happens(0.04) ? "nope" : pickId(chance, of)}`;
};

/**
 * Returns the symbol of a timestamp of this path or, for an object, of its list. Timestamps of other lists are not
 * used:
 * their order is a matter of milliseconds.
 */
export const timeSymbol = (chance: RandomSource, path: string, plus = 0): string => {
  const place = path.replace(/\?.*$/, "");
  const isList = place.split("/").length % 2 === 1;
  const at = chance.happens(0.7) || isList ? place : place.replace(/\/[^/]*$/, "");
  return `{{time:${at}:${chance.pickWeighted([
    [6, 0],
    [2, 1],
    [1, 2],
  ])}:${plus}}}`;
};

/** Integers that a double rounds. All fit 64 bits, since Kinto rounds those that do not. */
const LARGE_INTEGERS = [
  9_007_199_254_740_992n,
  9_007_199_254_740_993n,
  -9_223_372_036_854_775_808n,
  18_446_744_073_709_551_615n,
];

const pickScalar = (chance: RandomSource): Json =>
  chance.pick<Json>([
    0,
    1,
    2,
    3,
    10,
    -1,
    1.5,
    0.1,
    true,
    false,
    null,
    "",
    "a",
    "b",
    "B",
    "1",
    "true",
    "null",
    "été",
    "日本",
    "😀",
    "a,b",
    'say "a"',
    "a*c",
    "x".repeat(40),
    ...LARGE_INTEGERS,
  ]);

const randomValue = (chance: RandomSource, depth = 0): Json => {
  if (depth > 2 || chance.happens(0.65)) return pickScalar(chance);
  if (chance.happens(0.5)) return Array.from({ length: chance.below(4) }, () => randomValue(chance, depth + 1));
  return randomFields(chance, depth + 1);
};

const FIELDS = ["title", "n", "tags", "nested", "done", "a.b", "a b", "é", "", "__proto__", "constructor", "deleted"];

const randomFields = (chance: RandomSource, depth = 0): JsonObject => {
  const names = Array.from({ length: chance.below(4) }, () =>
    chance.happens(0.85) ? chance.pick(FIELDS.slice(0, 5)) : chance.pick(FIELDS),
  );
  return Object.fromEntries(names.map((name) => [name, randomFieldValue(chance, name, depth)]));
};

/** A field mostly has one type, as in real data, but not always. */
const randomFieldValue = (chance: RandomSource, name: string, depth: number): Json => {
  if (chance.happens(0.15)) return randomValue(chance, depth);
  if (name === "title") return chance.pick(["a", "b", "B", "é", "aa", "z"]);
  if (name === "n") return chance.pick<Json>([0, 1, 2, 3, 10, 1.5, -1, ...LARGE_INTEGERS.slice(0, 2)]);
  if (name === "tags") return Array.from({ length: chance.below(4) }, () => chance.pick<Json>(["a", "b", "c", 1, 2]));
  if (name === "done") return chance.happens(0.5);
  if (name === "nested")
    return Object.fromEntries(
      ["a", "b"].filter(() => chance.happens(0.7)).map((key) => [key, randomValue(chance, depth + 1)]),
    );
  return randomValue(chance, depth);
};

export const randomData = (chance: RandomSource, of: Kind): JsonObject => {
  const own = randomFields(chance);
  if (of !== "group" || chance.happens(0.05)) return own;
  return { ...own, members: Array.from({ length: chance.below(4) }, () => pickMember(chance)) };
};

const pickMember = (chance: RandomSource): string =>
  chance.pick(["{{user:bob}}", "{{user:carol}}", "{{user:alice}}", "{{user:dan}}", "{{user:eve}}", "someone"]);

export const pickPrincipal = (chance: RandomSource): string =>
  chance.pickWeighted([
    [5, "{{user:bob}}"],
    [3, "{{user:carol}}"],
    [2, "{{user:dan}}"],
    [1, "{{user:eve}}"],
    [1, "{{user:alice}}"],
    [2, "system.Everyone"],
    [2, "system.Authenticated"],
    [4, "/buckets/b{{w}}/groups/g"],
    [1, "/buckets/b{{w}}/groups/h"],
    [1, "/buckets/a{{w}}/groups/g"],
    [1, "someone"],
  ]);

const PERMISSIONS: Readonly<Record<Kind, readonly string[]>> = {
  bucket: ["read", "write", "collection:create", "group:create"],
  group: ["read", "write"],
  collection: ["read", "write", "record:create"],
  record: ["read", "write"],
};

export const randomPermissions = (chance: RandomSource, of: Kind): JsonObject => {
  const named = PERMISSIONS[of].filter(() => chance.happens(0.45));
  return Object.fromEntries(
    named.map((permission) => [permission, Array.from({ length: chance.below(3) }, () => pickPrincipal(chance))]),
  );
};

/** Returns a request body with `data`, `permissions`, both or neither. */
export const randomDraft = (chance: RandomSource, of: Kind): JsonObject => ({
  ...(chance.happens(0.85) && { data: randomData(chance, of) }),
  ...(chance.happens(0.25) && { permissions: randomPermissions(chance, of) }),
});
