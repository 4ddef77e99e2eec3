import type { Json } from "../../lib/json.ts";
import { Failure } from "../errors.ts";
import { accessDenied, objectNotFound, requireValidId } from "../objects/checks.ts";
import { createReadAsUser } from "../objects/read-as-user.ts";
import type { StoreContext } from "../objects/store-context.ts";
import { createAuthorizer } from "../permissions/authorizer.ts";
import type { UserId } from "../permissions/principals.ts";
import type { SearchEngine } from "../ports/search-engine.ts";
import { ancestors, listRef, type ObjectRef } from "../resources.ts";
import type { ReadBudget } from "../store/read-budget.ts";
import type { Session } from "../store/session.ts";
import { parseSearch } from "./request.ts";
import { toOpenSearchShape } from "./response.ts";
import { searchVisible } from "./visible-hits.ts";

export interface SearchCollection {
  readonly collection: ObjectRef;
  readonly user: UserId;
  /** Reads the query. Called only if the user may search. */
  readonly body: () => Json | undefined;
  readonly budget: ReadBudget;
}

/**
 * Searches the records of a collection. Requires the permission to read the collection. Read hooks apply to the records
 * that match.
 */
export const searchCollection = async (
  context: StoreContext & { engine: SearchEngine | undefined },
  session: Session,
  { collection, user, body, budget }: SearchCollection,
) => {
  const started = Date.now();
  const { grants, engine, resources } = context;
  const view = await session.read({
    objects: [],
    parents: [collection, ...ancestors(collection)],
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
  const { totalRelation, ...answer } =
    read === undefined
      ? { ...(await engine.search(generation, request)), totalRelation: "eq" as const }
      : {
          ...(await searchVisible({ engine, session, list: records, read, budget }, generation, request)),
          aggregations: {},
        };
  return toOpenSearchShape({
    answer,
    totalRelation,
    request,
    index: `${collection.list.parent?.id}-${collection.id}`,
    took: Date.now() - started,
  });
};
