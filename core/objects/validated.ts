import type { JsonObject } from "../../lib/json.ts";
import { invalid } from "../errors.ts";
import { ancestors, type ObjectRef, type Resource } from "../resources.ts";
import { dataOf, type View } from "../store/view.ts";
import { checkMetadata } from "./metadata.ts";
import { validateInBucket, validateRecord } from "./validate-object.ts";
import type { World } from "./world.ts";

/** Where data is from: a draft that was checked, a patch of what is stored, or the store itself. */
export type Origin = "draft" | "patch" | "store";

/** The data as it is to be stored: its own schemas are schemas, and it is as those of its bucket and collection, or the plugin that brings it, demand. */
export const validated = async (
  { validatesSchemas }: World,
  view: View,
  ref: ObjectRef,
  given: JsonObject,
  from: Origin,
): Promise<JsonObject> => {
  const { resource } = ref;
  const data = from === "patch" ? await checkMetadata(resource, given, { isPatched: true }) : given;
  await requireSound(ref.list.kind, data);
  if (!validatesSchemas || !(resource === "record" || resource === "collection" || resource === "group")) return data;
  const parents = ancestors(ref).map((parent) => view.object(parent));
  const bucket = parents.at(-1);
  if (bucket === undefined) return data;
  if (resource !== "record") {
    await validateInBucket(resource, { ...data, id: ref.id }, dataOf(bucket));
    return data;
  }
  const [collection] = parents;
  if (collection === undefined) return data;
  return validateRecord(
    { ...data, id: ref.id },
    { data: dataOf(collection), lastModified: collection.last_modified },
    dataOf(bucket),
  );
};

/** Flaws of one object that are told. */
const MOST_FLAWS = 20;

/** Throws a 400 where data is not as its plugin demands, naming each field. */
const requireSound = async ({ added }: Resource, { id: _, ...data }: JsonObject): Promise<void> => {
  if (added?.flaws === undefined) return;
  const flaws = await added.flaws(data);
  const [first, ...more] = flaws.slice(0, MOST_FLAWS).map(({ path, message }) => ({
    location: "body" as const,
    name: ["data", ...path.map(String)].join("."),
    description: message,
  }));
  if (first !== undefined) throw invalid(first, ...more);
};
