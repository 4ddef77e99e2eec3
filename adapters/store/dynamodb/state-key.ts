import { STATE_LIMITS } from "../../../core/ports/state.ts";
import type { Item } from "./items.ts";

/** Returns the partition of a list of a plugin's state. Throws a RangeError for an invalid name. */
export const statePartition = (plugin: string, list: string): string => `state#${plugin}#${checkName("list", list)}`;

/** Returns the key of a value of a plugin's state. Throws a RangeError for invalid names. */
export const stateKey = (plugin: string, list: string, key: string): Item => ({
  pk: { S: statePartition(plugin, list) },
  sk: { S: checkName("key", key) },
});

/** Returns a name that can be part of a table key. Throws a RangeError for others. */
export const checkName = (kind: "list" | "key", name: string): string => {
  const bytes = Buffer.byteLength(name);
  if (bytes === 0 || bytes > STATE_LIMITS[kind])
    throw new RangeError(`The ${kind} name has ${bytes} bytes; it must have 1 to ${STATE_LIMITS[kind]}`);
  if (!name.isWellFormed()) throw new RangeError(`The ${kind} name '${name}' is not well-formed Unicode`);
  return name;
};
