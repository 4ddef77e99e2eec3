import type { Json, JsonObject } from "../../lib/json.ts";
import { pythonStr } from "../../lib/python-repr.ts";
import { type Flaw, invalid } from "../errors.ts";
import type { ResourceName } from "../resources.ts";
import { findSchemaIssue } from "./check-schema.ts";

/** The fields of an object that say what may be stored in it, in Kinto's order. */
const SCHEMAS: Readonly<Partial<Record<ResourceName, readonly string[]>>> = {
  bucket: ["collection:schema", "group:schema", "record:schema"],
  collection: ["schema"],
};

/**
 * The data of a bucket or collection as it is stored, its schemas checked and `cache_expires` a whole number; throws a 400. Of data that
 * was sent as a whole all flaws are told, of data that `isPatched` the first one, and without `data.` before its name, as Kinto does.
 */
export const checkMetadata = async (
  resource: ResourceName,
  data: JsonObject,
  { isPatched = false } = {},
): Promise<JsonObject> => {
  const flaws: Flaw[] = [];
  const tell = (field: string, description: string) =>
    flaws.push({ location: "body", name: isPatched ? field : `data.${field}`, description });

  for (const field of SCHEMAS[resource] ?? []) {
    const flaw = Object.hasOwn(data, field) ? await findSchemaIssue(data[field] as Json) : undefined;
    if (flaw !== undefined) tell(field, flaw);
  }
  let checked = data;
  if (resource === "collection" && Object.hasOwn(data, "cache_expires")) {
    const { cache_expires: given = null, ...others } = data;
    const expires = wholeNumber(given);
    if (expires === "none") checked = others;
    else if (expires === "wrong") tell("cache_expires", `"${pythonStr(given)}" is not a number`);
    else checked = { ...data, cache_expires: expires };
  }
  const [first, ...more] = flaws;
  if (first !== undefined) throw invalid(first, ...(isPatched ? [] : more));
  return checked;
};

/** A number as Kinto reads one: fractions are cut, digits may be a string, and what is empty was not given. */
const wholeNumber = (value: Json): number | "none" | "wrong" => {
  if (value === null || value === "" || (typeof value === "object" && Object.keys(value).length === 0)) return "none";
  if (typeof value === "boolean") return Number(value);
  // Adding zero makes the zero of -0.5 a plain one.
  if (typeof value === "number") return Math.trunc(value) + 0;
  if (typeof value !== "string" || value.length > 100 || !/^[+-]?\d+(?:_\d+)*$/.test(value.trim())) return "wrong";
  const number = Number(value.trim().replaceAll("_", "")) + 0;
  return Number.isSafeInteger(number) ? number : "wrong";
};
