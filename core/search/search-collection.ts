import { Failure } from "../errors.ts";
import type { Json } from "../json.ts";
import { denied, notFound, requireId } from "../objects/access.ts";
import type { World } from "../objects/world.ts";
import type { UserId } from "../permissions/principals.ts";
import { identify } from "../permissions/who.ts";
import { ancestors, type ObjectRef } from "../resources.ts";
import { View } from "../store/view.ts";
import type { SearchEngine } from "./engine.ts";
import { parseSearch } from "./request.ts";
import { toOpenSearchShape } from "./search.ts";

export interface SearchCollection {
  readonly collection: ObjectRef;
  readonly user: UserId;
  /** Reads the query; asked only when the user may search. */
  readonly body: () => Promise<Json | undefined>;
}

/** Finds records of a collection, for those who may read all of it. */
export const searchCollection = async (
  { transactions: { store, now }, grants, engine }: Pick<World, "transactions" | "grants"> & { engine: SearchEngine | undefined },
  { collection, user, body }: SearchCollection,
) => {
  const started = now();
  const view = new View(await store.read({ objects: [collection, ...ancestors(collection)], clocks: [], member: user ?? undefined }), started);
  const who = await identify(store, grants, view, user);
  if (!who.may("read", collection)) throw denied(who);
  requireId(collection.id);
  const life = view.object(collection)?.own;
  if (life === undefined) throw notFound(collection);
  if (engine === undefined) throw new Failure("MISSING_RESOURCE", { message: "This store has no search: its plugin is not active." });

  const request = parseSearch(await body());
  const answer = await engine.search(life, request);
  return toOpenSearchShape({ answer, request, index: `${collection.list.parent?.id}-${collection.id}`, took: now() - started });
};
