import { readdir, readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { isObject, type JsonObject, parseJson } from "../lib/json.ts";

/**
 * Objects and messages for tests, by the names of their files.
 * @example
 * const countNetworks = ({ load }: Fixtures): number => load.networks?.length ?? 0;
 */
export interface Fixtures {
  /** The objects of `load/<name>.json`: what an API lists. */
  readonly load: Readonly<Record<string, readonly JsonObject[]>>;
  /** The messages of `events/<name>.json`: what arrives on a bus. */
  readonly events: Readonly<Record<string, readonly JsonObject[]>>;
}

/**
 * Reads a folder of fixtures. Each file is an array of objects, one object, or the answer of an API: an object whose
 * only field is an array of objects.
 * @throws Error that names the file which is something else
 * @example
 * const { load, events } = await readFixtures("test/data");
 */
export const readFixtures = async (folder: string): Promise<Fixtures> => {
  const [load, events] = await Promise.all(["load", "events"].map((name) => readFolder(join(folder, name))));
  return { load: load ?? {}, events: events ?? {} };
};

const readFolder = async (folder: string): Promise<Fixtures["load"]> => {
  const files = (await readdir(folder)).filter((file) => file.endsWith(".json"));
  return Object.fromEntries(
    await Promise.all(files.map(async (file) => [basename(file, ".json"), await readObjects(join(folder, file))])),
  );
};

const readObjects = async (file: string): Promise<readonly JsonObject[]> => {
  const content = parseFile(file, await readFile(file, "utf8"));
  const list = isObject(content) ? findOnlyList(content) : content;
  if (Array.isArray(list) && list.every((item): item is JsonObject => isObject(item))) return list;
  throw new Error(`${file} must be an array of objects, or an object whose only field is one.`);
};

const findOnlyList = (content: object): unknown => {
  const [only, ...others] = Object.values(content);
  return others.length === 0 && Array.isArray(only) ? only : [content];
};

const parseFile = (file: string, text: string): unknown => {
  try {
    return parseJson(text);
  } catch (error) {
    throw new Error(`${file} is not JSON: ${error instanceof Error ? error.message : error}`);
  }
};
