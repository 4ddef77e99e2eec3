import type { Json, JsonObject } from "../../../lib/json.ts";
import type { Chance } from "./chance.ts";

export type Kind = "bucket" | "group" | "collection" | "record";

/** Alice makes the story's things and may do most; what bob and carol may is a matter of permissions and groups. */
export const someone = (chance: Chance): string | null =>
  chance.weigh([
    [60, "alice"],
    [18, "bob"],
    [10, "carol"],
    [12, null],
  ]);

export const kind = (chance: Chance): Kind =>
  chance.weigh([
    [50, "record"],
    [18, "collection"],
    [16, "bucket"],
    [16, "group"],
  ]);

const BUCKETS = "/v1/buckets";
const bucket = (chance: Chance): string => `${BUCKETS}/${chance.happens(0.9) ? "b" : "a"}{{w}}`;
const collection = (chance: Chance): string => `${bucket(chance)}/collections/${chance.happens(0.85) ? "c" : "d"}`;

export const list = (chance: Chance, of: Kind): string => {
  if (of === "bucket") return BUCKETS;
  return of === "record" ? `${collection(chance)}/records` : `${bucket(chance)}/${of}s`;
};

const IDS: Readonly<Record<Kind, readonly string[]>> = {
  bucket: ["b{{w}}", "b{{w}}", "b{{w}}", "b{{w}}", "a{{w}}"],
  collection: ["c", "c", "c", "d"],
  group: ["g", "g", "h"],
  record: ["r1", "r2", "r3", "r4", "r5"],
};

export const id = (chance: Chance, of: Kind): string => chance.pick(IDS[of]);

export const object = (chance: Chance, of: Kind): string => {
  const at = list(chance, of);
  if (chance.happens(0.04)) return `${at}/{{id:${at}:0}}`;
  return `${at}/${chance.happens(0.04) ? "nope" : id(chance, of)}`;
};

/** The symbol of a timestamp told at this path or, for an object, at its list: how those of other lists lie to it is a matter of milliseconds. */
export const time = (chance: Chance, path: string, plus = 0): string => {
  const place = path.replace(/\?.*$/, "");
  const isList = place.split("/").length % 2 === 1;
  const at = chance.happens(0.7) || isList ? place : place.replace(/\/[^/]*$/, "");
  return `{{time:${at}:${chance.weigh([
    [6, 0],
    [2, 1],
    [1, 2],
  ])}:${plus}}}`;
};

const scalar = (chance: Chance): Json =>
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
  ]);

const value = (chance: Chance, depth = 0): Json => {
  if (depth > 2 || chance.happens(0.65)) return scalar(chance);
  if (chance.happens(0.5)) return Array.from({ length: chance.below(4) }, () => value(chance, depth + 1));
  return fields(chance, depth + 1);
};

const FIELDS = ["title", "n", "tags", "nested", "done", "a.b", "a b", "é", "", "__proto__", "constructor", "deleted"];

const fields = (chance: Chance, depth = 0): JsonObject => {
  const names = Array.from({ length: chance.below(4) }, () =>
    chance.happens(0.85) ? chance.pick(FIELDS.slice(0, 5)) : chance.pick(FIELDS),
  );
  return Object.fromEntries(names.map((name) => [name, fieldValue(chance, name, depth)]));
};

/** Fields have mostly, but not always, one type, as they do in life. */
const fieldValue = (chance: Chance, name: string, depth: number): Json => {
  if (chance.happens(0.15)) return value(chance, depth);
  if (name === "title") return chance.pick(["a", "b", "B", "é", "aa", "z"]);
  if (name === "n") return chance.pick([0, 1, 2, 3, 10, 1.5, -1]);
  if (name === "tags") return Array.from({ length: chance.below(4) }, () => chance.pick<Json>(["a", "b", "c", 1, 2]));
  if (name === "done") return chance.happens(0.5);
  if (name === "nested")
    return Object.fromEntries(
      ["a", "b"].filter(() => chance.happens(0.7)).map((key) => [key, value(chance, depth + 1)]),
    );
  return value(chance, depth);
};

export const data = (chance: Chance, of: Kind): JsonObject => {
  const own = fields(chance);
  if (of !== "group" || chance.happens(0.05)) return own;
  return { ...own, members: Array.from({ length: chance.below(4) }, () => member(chance)) };
};

const member = (chance: Chance): string => chance.pick(["{{user:bob}}", "{{user:carol}}", "{{user:alice}}", "someone"]);

export const principal = (chance: Chance): string =>
  chance.weigh([
    [5, "{{user:bob}}"],
    [3, "{{user:carol}}"],
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

export const permissions = (chance: Chance, of: Kind): JsonObject => {
  const named = PERMISSIONS[of].filter(() => chance.happens(0.45));
  return Object.fromEntries(
    named.map((permission) => [permission, Array.from({ length: chance.below(3) }, () => principal(chance))]),
  );
};

/** What is sent for an object; `data`, `permissions`, both or none. */
export const draft = (chance: Chance, of: Kind): JsonObject => ({
  ...(chance.happens(0.85) && { data: data(chance, of) }),
  ...(chance.happens(0.25) && { permissions: permissions(chance, of) }),
});
