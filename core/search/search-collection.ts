import type { Json } from "../../lib/json.ts";
import { Failure } from "../errors.ts";
import { denied, notFound, requireId } from "../objects/access.ts";
import type { World } from "../objects/world.ts";
import type { UserId } from "../permissions/principals.ts";
import { identify } from "../permissions/who.ts";
import type { SearchEngine } from "../ports/search-engine.ts";
import { ancestors, type ObjectRef } from "../resources.ts";
import type { Session } from "../store/session.ts";
import { parseSearch } from "./request.ts";
import { toOpenSearchShape } from "./search.ts";

export interface SearchCollection {
  readonly collection: ObjectRef;
  readonly user: UserId;
  /** Reads the query; asked only when the user may search. */
  readonly body: () => Json | undefined;
}

/** Finds records of a collection, for those who may read all of it. */
export const searchCollection = async (
  { grants, engine }: Pick<World, "grants"> & { engine: SearchEngine | undefined },
  session: Session,
  { collection, user, body }: SearchCollection,
) => {
  const started = Date.now();
  const view = await session.read({
    objects: [collection, ...ancestors(collection)],
    clocks: [],
    members: user === null ? [] : [user],
  });
  const who = await identify(session, grants, user);
  if (!(await who.may("read", collection))) throw denied(who);
  requireId(collection);
  const life = view.object(collection)?.own;
  if (life === undefined) throw notFound(collection);
  if (engine === undefined)
    throw new Failure("MISSING_RESOURCE", { message: "This store has no search: its plugin is not active." });

  const request = parseSearch(body());
  const answer = await engine.search(life, request);
  return toOpenSearchShape({
    answer,
    request,
    index: `${collection.list.parent?.id}-${collection.id}`,
    took: Date.now() - started,
  });
};
