import { readFileSync, statSync, writeFileSync } from "node:fs";
import { parse, stringify } from "yaml";
import { UserError } from "../../config/user-error.ts";
import { EVERYONE } from "../../core/permissions/principals.ts";
import { isObject, type Json, type JsonObject } from "../../lib/json.ts";
import { requireNewFile } from "./export-file.ts";
import type { Line, ObjectLine } from "./lines.ts";

/** Such files are for people: they are read and written as a whole. */
const MAX_BYTES = 50_000_000;
const MAX_OBJECTS = 100_000;
const MAX_ALIASES = 100;

export const isYaml = (path: string): boolean => /\.ya?ml$/.test(path);

/**
 * Reads a file of kinto-wizard as lines: buckets by id, with `data`, `permissions`, `groups`, `collections` and `records`.
 * Throws a {@link UserError} that names what is wrong.
 */
export function* readYaml(path: string): Generator<Line> {
  if (statSync(path).size > MAX_BYTES)
    throw new UserError([`${path} is larger than ${MAX_BYTES} bytes. Use NDJSON for large stores.`]);
  let content: unknown;
  try {
    content = parse(readFileSync(path, "utf8"), { maxAliasCount: MAX_ALIASES, intAsBigInt: false });
  } catch (error) {
    throw new UserError([`${path} is not YAML: ${error instanceof Error ? error.message : String(error)}`]);
  }
  const root = requireMap(path, "the file", content);
  // Old files of kinto-wizard have the buckets at the top.
  const hasBuckets = Object.hasOwn(root, "buckets");
  const buckets = hasBuckets ? requireMap(path, "buckets", root.buckets) : root;
  yield { kintoun_export: 1, version: "kinto-wizard", store: path, exported: new Date().toISOString() };
  let objects = 0;
  // Each message says how the file is read.
  const where = hasBuckets ? path : `${path} (which has no key 'buckets', so its keys are ids of buckets)`;
  for (const line of readList(where, "/buckets", buckets)) {
    objects++;
    yield line;
  }
  yield { end: { objects, tombstones: 0, versions: 0, files: 0 } };
}

/** The lists that an object may have, by the last part of its own list. */
const CHILDREN: Readonly<Record<string, readonly string[]>> = {
  buckets: ["groups", "collections"],
  groups: [],
  collections: ["records"],
  records: [],
};

function* readList(path: string, list: string, entries: JsonObject): Generator<ObjectLine> {
  const children = CHILDREN[list.slice(list.lastIndexOf("/") + 1)] ?? [];
  for (const [id, value] of Object.entries(entries)) {
    const uri = `${list}/${id}`;
    const entry = requireMap(path, uri, value);
    const { data = {}, permissions, ...others } = entry;
    const unknown = Object.keys(others).find((key) => !children.includes(key));
    if (unknown !== undefined)
      throw new UserError([
        `${path}: ${uri} has the unknown key '${unknown}'. Expected: data, permissions${children.map((one) => `, ${one}`).join("")}`,
      ]);
    yield {
      object: uri,
      data: requireMap(path, `${uri}: data`, data),
      user: EVERYONE,
      ...(permissions !== undefined && { permissions: readPermissions(path, uri, permissions) }),
    };
    for (const child of children)
      yield* readList(path, `${uri}/${child}`, requireMap(path, `${uri}/${child}`, others[child]));
  }
}

const readPermissions = (path: string, uri: string, value: Json): Record<string, string[]> =>
  Object.fromEntries(
    Object.entries(requireMap(path, `${uri}: permissions`, value)).map(([name, principals]) => {
      if (Array.isArray(principals) && principals.every((one) => typeof one === "string")) return [name, principals];
      throw new UserError([`${path}: the permission '${name}' of ${uri} is not a list of principals.`]);
    }),
  );

/** An empty value is an empty map. */
const requireMap = (path: string, what: string, value: unknown): JsonObject => {
  if (value === null || value === undefined) return {};
  if (isObject(value)) return value;
  throw new UserError([`${path}: ${what} is not a map. See docs/operations/move-data.md#yaml.`]);
};

export type YamlWriter = ReturnType<typeof createYamlWriter>;

/** Collects lines and writes them as a file of kinto-wizard. Lines that are not about objects in buckets are left out. */
export const createYamlWriter = (path: string) => {
  const root: JsonObject = {};
  requireNewFile(path);
  let objects = 0;
  return {
    /** The number of objects so far. */
    get objects() {
      return objects;
    },
    add: (line: Line): void => {
      if (!("object" in line) || !line.object.startsWith("/buckets/")) return;
      if (++objects > MAX_OBJECTS)
        throw new UserError([`The store has more than ${MAX_OBJECTS} objects. Use NDJSON for large stores.`]);
      const parts = line.object.slice(1).split("/");
      let place: JsonObject = root;
      for (let index = 0; index < parts.length; index += 2) {
        const list = childOf(place, parts[index] ?? "");
        place = childOf(list, parts[index + 1] ?? "");
      }
      place.data = line.data;
      place.permissions = line.permissions ?? {};
    },
    end: (): void => writeFileSync(path, stringify(root), { mode: 0o600 }),
  };
};

const childOf = (place: JsonObject, key: string): JsonObject => {
  const child = Object.hasOwn(place, key) ? place[key] : undefined;
  if (isObject(child)) return child;
  const created: JsonObject = {};
  Object.defineProperty(place, key, { value: created, enumerable: true, writable: true, configurable: true });
  return created;
};
