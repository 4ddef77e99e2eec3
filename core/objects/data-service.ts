import type { Data, DataDraft, DataObject } from "../data.ts";
import { Failure, invalid } from "../errors.ts";
import { type Area, coversList, coversObject } from "../permissions/areas.ts";
import type { Grants } from "../permissions/authorizer.ts";
import { type ListRef, type ObjectRef, parseListUri } from "../resources.ts";
import type { RunInTransaction } from "../store/transact.ts";
import { parseData } from "../store/view.ts";
import { accessDenied, type ObjectResult } from "./checks.ts";
import { createObject, createObjectPlan } from "./create-object.ts";
import { deleteObject, deleteObjectPlan } from "./delete-objects.ts";
import { type Draft, parseJsonBody, readDraft } from "./draft.ts";
import { findNamedObjects } from "./find-named.ts";
import { getObject, getObjectPlan } from "./get-object.ts";
import { listObjectsPlan, walkList } from "./list-objects.ts";
import { patchObject } from "./patch-object.ts";
import { removePrincipal, removePrincipalPlan } from "./remove-principal.ts";
import { replaceObject, replaceObjectPlan } from "./replace-object.ts";
import type { StoreContext } from "./store-context.ts";
import { summarizeList } from "./summarize-list.ts";

/** What a plugin may access. */
export interface DataAccess {
  readonly user: string;
  readonly grants: Grants;
  /** The only objects that it may access, regardless of the permissions of others. */
  readonly areas: readonly Area[];
  /** Whether it may find what names any principal. */
  readonly findsPrincipals?: boolean | undefined;
}

/** Creates a plugin's access to the store's objects. Each call runs a use case of the HTTP API in a transaction. */
export const createDataService = (
  storeContext: StoreContext,
  { user, grants, areas, findsPrincipals = false }: DataAccess,
  run: RunInTransaction,
): Data => {
  // A plugin sees what is stored.
  const context = { ...storeContext, grants, readHooks: undefined };
  const preconditions = () => ({});
  const findObject = (uri: string, writing: boolean): ObjectRef => {
    const ref = context.resources.parseUri(uri);
    if (ref === undefined) throw invalidUri(uri, "an object");
    if (!coversObject(areas, ref, writing)) throw accessDenied({ user });
    return ref;
  };
  const findList = (uri: string, writing: boolean): ListRef => {
    const list = parseListUri(context.resources, uri);
    if (list === undefined) throw invalidUri(uri, "a list");
    if (!coversList(areas, list, writing)) throw accessDenied({ user });
    return list;
  };

  return {
    get: async (uri) => {
      const ref = findObject(uri, false);
      const result = await undefinedIfMissing(
        run(getObjectPlan(ref), (session) => getObject(context, session, { ref, user, preconditions })),
      );
      return result === undefined || "notModified" in result ? undefined : toDataObject(result);
    },
    list: (uri, query = {}) => walkList(context, run, { list: findList(uri, false), user, query }),
    summarize: (uri, { tombstones = false } = {}) => {
      const list = findList(uri, false);
      return undefinedIfMissing(
        run(listObjectsPlan(list), (session) => summarizeList(context, session, { list, user, tombstones })),
      );
    },
    create: async (uri, object) => {
      const list = findList(uri, true);
      const draft = () => toDraft(list, object);
      const id = readId(object);
      return toDataObject(
        await run(createObjectPlan(list, id), (session) =>
          createObject(context, session, { list, user, preconditions, id: () => id, draft }),
        ),
      );
    },
    replace: async (uri, object) => {
      const ref = findObject(uri, true);
      const draft = () => toDraft(ref.list, object);
      return toDataObject(
        await run(replaceObjectPlan(ref), (session) =>
          replaceObject(context, session, { ref, user, preconditions, createOnly: false, draft }),
        ),
      );
    },
    update: async (uri, object) => {
      const ref = findObject(uri, true);
      const patch = () => ({ kind: "fields" as const, ...toDraft(ref.list, object) });
      return toDataObject(
        await run(replaceObjectPlan(ref), (session) =>
          patchObject(context, session, { ref, user, preconditions, behavior: () => "full", patch }),
        ),
      );
    },
    delete: async (uri) => {
      const ref = findObject(uri, true);
      const deleted = run(deleteObjectPlan(ref), (session) =>
        deleteObject(context, session, { ref, user, preconditions, time: () => undefined }),
      );
      return (await undefinedIfMissing(deleted)) !== undefined;
    },
    findNamed: (principal) => {
      requirePrincipals(findsPrincipals);
      return findNamedObjects(context, run, { areas, principal });
    },
    removePrincipal: async (uri, principal, { deletesOwned = false } = {}) => {
      requirePrincipals(findsPrincipals);
      const ref = findObject(uri, true);
      const removal = run(removePrincipalPlan(ref), (session) =>
        removePrincipal(context, session, { ref, user, principal, deletesOwned }),
      );
      return (await undefinedIfMissing(removal)) ?? "unchanged";
    },
  };
};

const requirePrincipals = (findsPrincipals: boolean): void => {
  if (!findsPrincipals)
    throw new TypeError("The plugin may not look for principals. Declare it: need.data({ … }, { principals: true })");
};

const invalidUri = (uri: string, expected: string): Failure =>
  invalid({
    location: "path",
    name: null,
    description: `${JSON.stringify(uri.slice(0, 200))} is not the URI of ${expected}`,
  });

/** Returns the id in the data; an invalid id, such as the empty string, is rejected later. */
const readId = ({ data }: DataDraft): string | undefined =>
  data?.id === undefined ? undefined : typeof data.id === "string" ? data.id : "";

/** Validates a plugin's object like the body of a request. */
const toDraft = ({ resource }: ListRef, { data, permissions }: DataDraft): Draft =>
  readDraft(resource, parseJsonBody(JSON.stringify({ data, permissions })));

const toDataObject = ({ object, permissions }: ObjectResult): DataObject => ({
  data: parseData(object),
  permissions,
  ...(object.ownGeneration !== undefined && { generation: object.ownGeneration }),
});

const undefinedIfMissing = async <T>(result: Promise<T>): Promise<T | undefined> => {
  try {
    return await result;
  } catch (error) {
    if (error instanceof Failure && (error.kind === "INVALID_RESOURCE_ID" || error.kind === "MISSING_RESOURCE"))
      return undefined;
    throw error;
  }
};
