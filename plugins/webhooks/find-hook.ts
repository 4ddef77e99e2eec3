import { type Data, refuse } from "@kintoun/kit";
import { type Hook, OPTIONS } from "./hook.ts";
import { type CollectionHook, hooksOf } from "./metadata.ts";
import type { Options } from "./options.ts";

/** The hooks in a collection's metadata. @param uri the collection's */
export const hooksAt = async (data: Data, uri: string): Promise<readonly CollectionHook[]> => {
  const collection = await data.get(uri);
  return collection === undefined ? [] : hooksOf(collection);
};

/** One of them; refuses where there is none. */
export const hookAt = async (data: Data, uri: string | null, id: string): Promise<CollectionHook> => {
  const hook = uri === null ? undefined : (await hooksAt(data, uri)).find((one) => one.id === id);
  if (hook === undefined) throw refuse(404, "The collection has no such webhook.");
  return hook;
};

/** What listeners' items are sent to goes by this name, which no hook can have. */
const PUBLISH = "PUBLISH";

/** Where listeners' items are sent, if anywhere. */
export const publishHook = ({ publish }: Options): Hook | undefined =>
  publish && { place: OPTIONS, id: PUBLISH, url: publish.url };

/** A hook of the operator's; throws where there is none. @param id `publish` for that of listeners' items, unless a hook is called so */
export const ownHook = (options: Options, id: string): Hook => {
  const hook =
    options.hooks.find((one) => one.id === id) ??
    (id === "publish" ? options.publish && { ...options.publish, id: PUBLISH } : undefined);
  if (hook !== undefined) return { place: OPTIONS, id: hook.id, url: hook.url };
  throw new Error(
    `The options have no webhook '${id}'; there are: ${options.hooks.map((one) => one.id).join(", ") || "none"}.`,
  );
};
