import type { Json, JsonObject } from "../../lib/json.ts";
import { type Failure, invalid } from "../errors.ts";
import { shown } from "./draft.ts";

/** Something that is wrong with a body. @param name where: keys and places, joined by dots */
export const flawAt = (name: string, description: string): Failure => invalid({ location: "body", name, description });

export const notMapping = (value: Json): string =>
  `${shown(value)} is not a mapping type: Does not implement dict-like functionality.`;

/** Refuses keys that mean nothing. */
export const requireNoOthers = (name: string, others: JsonObject): void => {
  if (Object.keys(others).length > 0)
    throw flawAt(name, `Unrecognized keys in mapping: ${JSON.stringify(Object.keys(others))}`);
};
