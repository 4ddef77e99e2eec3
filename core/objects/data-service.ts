import { parseJson } from "../../lib/strict-json.ts";
import type { Data, DataDraft, DataObject } from "../data.ts";
import { Failure, invalid } from "../errors.ts";
import { type Area, coversList, coversObject } from "../permissions/areas.ts";
import type { Grants } from "../permissions/authorizer.ts";
import { ancestors, type ListRef, listRef, type ObjectRef, objectRef, type Resources } from "../resources.ts";
import type { RunInTransaction, TransactionPlan } from "../store/transact.ts";
import { around, parentsOf, parseData } from "../store/view.ts";
import { accessDenied, type ObjectResult } from "./checks.ts";
import { createObject } from "./create-object.ts";
import { deleteObject } from "./delete-objects.ts";
import { type Draft, readDraft } from "./draft.ts";
import { getObject } from "./get-object.ts";
import { walkList } from "./list-objects.ts";
import { patchObject } from "./patch-object.ts";
import { replaceObject } from "./replace-object.ts";
import type { StoreContext } from "./store-context.ts";

/** Who asks for data, and where. */
export interface DataAccess {
  readonly user: string;
  readonly grants: Grants;
  /** Beyond them nothing is reached, whatever objects there say. */
  readonly areas: readonly Area[];
}

/** The store's objects for somebody who is no request: the use cases of the protocol, each call in a transaction. */
export const createDataService = (
  everything: StoreContext,
  { user, grants, areas }: DataAccess,
  run: RunInTransaction,
): Data => {
  const world = { ...everything, grants };
  const preconditions = () => ({});
  const object = (uri: string, writing: boolean): ObjectRef => {
    const ref = world.resources.parseUri(uri);
    if (ref === undefined) throw noPlace(uri, "an object");
    if (!coversObject(areas, ref, writing)) throw accessDenied({ user });
    return ref;
  };
  const list = (uri: string, writing: boolean): ListRef => {
    const found = parseList(world.resources, uri);
    if (found === undefined) throw noPlace(uri, "a list");
    if (!coversList(areas, found, writing)) throw accessDenied({ user });
    return found;
  };
  const writing = (ref: ObjectRef): TransactionPlan => ({ ...around(ref), writes: [ref.list] });

  return {
    get: async (uri) => {
      const ref = object(uri, false);
      const plan = { objects: [ref, ...ancestors(ref)], clocks: [], writes: [] };
      const found = await orMissing(run(plan, (session) => getObject(world, session, { ref, user, preconditions })));
      return found === undefined || "notModified" in found ? undefined : toData(found);
    },
    list: (uri, query = {}) => walkList(world, run, { list: list(uri, false), user, query }),
    create: async (uri, given) => {
      const [at, draft] = [list(uri, true), () => read(at, given)];
      const id = idIn(given);
      const plan =
        id === undefined ? { objects: parentsOf(at), clocks: [at], writes: [at] } : writing(objectRef(at, id));
      return toData(
        await run(plan, (session) => createObject(world, session, { list: at, user, preconditions, id, draft })),
      );
    },
    replace: async (uri, given) => {
      const ref = object(uri, true);
      const draft = () => read(ref.list, given);
      return toData(
        await run(writing(ref), (session) =>
          replaceObject(world, session, { ref, user, preconditions, createOnly: false, draft }),
        ),
      );
    },
    update: async (uri, given) => {
      const ref = object(uri, true);
      const patch = () => ({ kind: "fields" as const, ...read(ref.list, given) });
      return toData(
        await run(writing(ref), (session) =>
          patchObject(world, session, { ref, user, preconditions, behavior: () => "full", patch }),
        ),
      );
    },
    delete: async (uri) => {
      const ref = object(uri, true);
      const plan = { objects: [ref, ...ancestors(ref)], clocks: [ref.list], writes: [ref.list] };
      const deleted = run(plan, (session) =>
        deleteObject(world, session, { ref, user, preconditions, time: () => undefined }),
      );
      return (await orMissing(deleted)) !== undefined;
    },
  };
};

const noPlace = (uri: string, what: string): Failure =>
  invalid({
    location: "path",
    name: null,
    description: `${JSON.stringify(uri.slice(0, 200))} is not ${what} of the store`,
  });

/** The list that a URI such as `/buckets/blog/collections` names, or `undefined`. */
const parseList = (resources: Resources, uri: string): ListRef | undefined => {
  const end = uri.lastIndexOf("/");
  const parent = end <= 0 ? null : resources.parseUri(uri.slice(0, end));
  if (parent === undefined) return undefined;
  const kinds = parent === null ? resources.top.map(({ resource: kind }) => kind) : parent.list.resource.children;
  const kind = kinds.find(({ plural }) => `/${plural}` === uri.slice(end));
  return kind && listRef(kind, parent);
};

/** What is no text is no id; it is refused where ids are checked. */
const idIn = ({ data }: DataDraft): string | undefined =>
  data?.id === undefined ? undefined : typeof data.id === "string" ? data.id : "";

/** What is given as the JSON that it is sent as. */
const read = ({ resource: kind }: ListRef, { data, permissions }: DataDraft): Draft =>
  readDraft(
    kind,
    parseJson(JSON.stringify({ data, permissions: permissions as Record<string, string[]> | undefined })),
  );

const toData = ({ object, permissions }: ObjectResult): DataObject => ({
  data: parseData(object),
  permissions,
  ...(object.ownGeneration !== undefined && { generation: object.ownGeneration }),
});

/** What there is; `undefined` where nothing is. */
const orMissing = async <T>(asked: Promise<T>): Promise<T | undefined> => {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof Failure && (error.kind === "INVALID_RESOURCE_ID" || error.kind === "MISSING_RESOURCE"))
      return undefined;
    throw error;
  }
};
