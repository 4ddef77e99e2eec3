import { isDeepStrictEqual } from "node:util";
import type { Json } from "../../lib/json.ts";
import { Failure } from "../errors.ts";
import { accessDenied, objectNotFound, requireValidId } from "../objects/checks.ts";
import { createReadAsUser, type ReadAsUser, readUnlessRefused } from "../objects/read-as-user.ts";
import type { StoreContext } from "../objects/store-context.ts";
import { createAuthorizer } from "../permissions/authorizer.ts";
import type { UserId } from "../permissions/principals.ts";
import type { SearchEngine, SearchHit } from "../ports/search-engine.ts";
import { ancestors, listRef, type ObjectRef } from "../resources.ts";
import type { Session } from "../store/session.ts";
import { parseData } from "../store/view.ts";
import { parseSearch } from "./request.ts";
import { toOpenSearchShape } from "./response.ts";

export interface SearchCollection {
  readonly collection: ObjectRef;
  readonly user: UserId;
  /** Reads the query. Called only if the user may search. */
  readonly body: () => Json | undefined;
}

/**
 * Searches the records of a collection. Requires the permission to read the collection. Read hooks apply to the hits.
 */
export const searchCollection = async (
  context: StoreContext & { engine: SearchEngine | undefined },
  session: Session,
  { collection, user, body }: SearchCollection,
) => {
  const started = Date.now();
  const { grants, engine, resources } = context;
  const view = await session.read({
    objects: [collection, ...ancestors(collection)],
    clocks: [],
    members: user === null ? [] : [user],
  });
  const authorizer = await createAuthorizer(session, grants, user);
  if (!(await authorizer.can("read", collection))) throw accessDenied(authorizer);
  requireValidId(collection);
  const generation = view.object(collection)?.ownGeneration;
  if (generation === undefined) throw objectNotFound(collection);
  if (engine === undefined)
    throw new Failure("MISSING_RESOURCE", { message: "Search is not available: the plugin search is not active." });

  const request = parseSearch(body());
  const records = listRef(resources.core.record, collection);
  const read = context.readHooks && createReadAsUser(context, session, user, records);
  if (read !== undefined && request.aggregations.length > 0)
    throw new Failure("FORBIDDEN", {
      message:
        "Aggregations are not available in this collection, because a plugin hides data of its records. Remove aggs.",
    });
  const found = await engine.search(generation, request);
  const answer = read === undefined ? found : { ...found, hits: await readHits(found.hits, read) };
  return toOpenSearchShape({
    answer,
    request,
    index: `${collection.list.parent?.id}-${collection.id}`,
    took: Date.now() - started,
  });
};

/** Returns the hits as the user sees them, without those that a hook refuses. A changed hit loses its sort values. */
const readHits = async (hits: readonly SearchHit[], read: ReadAsUser): Promise<readonly SearchHit[]> => {
  const seen: SearchHit[] = [];
  for (const hit of hits) {
    const entry = { json: JSON.stringify(hit.source), last_modified: 0 };
    const visible = await readUnlessRefused(read, hit.id, entry);
    if (visible === undefined) continue;
    const source = parseData(visible);
    // The other parts of a hit may hold values of its document.
    seen.push(isDeepStrictEqual(source, hit.source) ? hit : { id: hit.id, score: hit.score, source });
  }
  return seen;
};
