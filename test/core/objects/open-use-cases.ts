import { createStoreContext } from "../../../app/store-context.ts";
import { readConfig } from "../../../config/config.ts";
import { readOverrides } from "../../../config/environment.ts";
import { Failure } from "../../../core/errors.ts";
import { readListQuery } from "../../../core/lists/list-query.ts";
import type { ObjectResult } from "../../../core/objects/checks.ts";
import { createObject, createObjectPlan } from "../../../core/objects/create-object.ts";
import {
  deleteObject,
  deleteObjectPlan,
  deleteObjectsPlan,
  deleteSelectedObjects,
  selectObjectsToDelete,
} from "../../../core/objects/delete-objects.ts";
import type { Draft } from "../../../core/objects/draft.ts";
import { getObject, getObjectPlan } from "../../../core/objects/get-object.ts";
import { listObjects, listObjectsPlan } from "../../../core/objects/list-objects.ts";
import { type Patch, patchObject } from "../../../core/objects/patch-object.ts";
import type { Preconditions } from "../../../core/objects/preconditions.ts";
import { replaceObject, replaceObjectPlan } from "../../../core/objects/replace-object.ts";
import type { SelectionCursor } from "../../../core/objects/select.ts";
import type { StoreContext } from "../../../core/objects/store-context.ts";
import type { UserId } from "../../../core/permissions/principals.ts";
import type { ListEntry, Store } from "../../../core/ports/store.ts";
import { type ListRef, parseListUri, RESOURCES, type Resources } from "../../../core/resources.ts";
import type { ProtocolSettings } from "../../../core/settings.ts";
import { ReadBudget } from "../../../core/store/read-budget.ts";
import { type RunInTransaction, transact } from "../../../core/store/transact.ts";
import { parseData } from "../../../core/store/view.ts";
import type { Json, JsonObject } from "../../../lib/json.ts";
import { openObjects } from "../open-objects.ts";

interface UseCaseOptions extends Partial<Pick<StoreContext, "hooks" | "readHooks">> {
  readonly resources?: Resources;
  readonly settings?: ProtocolSettings;
  readonly wrap?: (store: Store) => Store;
}
interface Conditions {
  readonly preconditions?: Preconditions;
}

/** Starts an empty store and runs the use cases of `core/objects` on it, each in a transaction of its own. */
export const openUseCases = async (options: UseCaseOptions = {}) => {
  const { resources = RESOURCES, settings = {}, wrap, hooks, readHooks } = options;
  const objects = await openObjects({ resources, ...(wrap && { wrap }) });
  const config = readConfig({ plugins: [], settings }, readOverrides({}));
  const storeContext = createStoreContext({ ...config, resources }, { hooks, readHooks });
  const run: RunInTransaction = (plan, decide) => transact(objects.transactions, plan, decide);
  const { refOf } = objects;
  const listOf = (uri: string): ListRef => {
    const list = parseListUri(resources, uri);
    if (list === undefined) throw new Error(`${uri} is not the URI of a list`);
    return list;
  };

  const createUseCases = (
    user: UserId,
    readBytes = storeContext.limits.readBytes,
    changes: Partial<StoreContext> = {},
  ) => {
    const context = { ...storeContext, ...changes };
    const list = (uri: string, query: string, { preconditions = {}, counted = false, after }: ListOptions) =>
      run(listObjectsPlan(listOf(uri)), (session) =>
        listObjects(context, session, {
          list: listOf(uri),
          user,
          preconditions: () => preconditions,
          selection: async (timestamp) => ({ ...readListQuery(new URLSearchParams(query), timestamp), after }),
          place: async () => after?.shares,
          counted,
          budget: new ReadBudget(readBytes),
        }),
      );
    return {
      get: async (uri: string, { preconditions = {} }: Conditions = {}) => {
        const input = { ref: refOf(uri), user, preconditions: () => preconditions };
        const result = await run(getObjectPlan(input.ref), (session) => getObject(context, session, input));
        return "notModified" in result ? result : toPlain(result);
      },
      /** @param id in the body; default: a generated one */
      create: async (uri: string, draft: Draft = {}, { preconditions = {} }: Conditions = {}) => {
        const id = draft.data?.id as string | undefined;
        const input = { list: listOf(uri), user, preconditions: () => preconditions, id: () => id, draft: () => draft };
        const plan = createObjectPlan(input.list, id);
        const result = await run(plan, (session) => createObject(context, session, input));
        return { ...toPlain(result), created: result.created };
      },
      replace: async (
        uri: string,
        draft: Draft = {},
        { preconditions = {}, createOnly = false }: Conditions & { readonly createOnly?: boolean } = {},
      ) => {
        const input = { ref: refOf(uri), user, preconditions: () => preconditions, createOnly, draft: () => draft };
        const result = await run(replaceObjectPlan(input.ref), (session) => replaceObject(context, session, input));
        return { ...toPlain(result), created: result.created };
      },
      patch: async (
        uri: string,
        patch: Patch,
        { preconditions = {}, behavior = "full" }: Conditions & { readonly behavior?: "full" | "light" | "diff" } = {},
      ) => {
        const input = {
          ref: refOf(uri),
          user,
          preconditions: () => preconditions,
          behavior: () => behavior,
          patch: () => patch,
        };
        const result = await run(replaceObjectPlan(input.ref), (session) => patchObject(context, session, input));
        return { ...toPlain(result), ...(result.data !== undefined && { data: result.data }) };
      },
      delete: async (uri: string, { preconditions = {}, time }: Conditions & { readonly time?: number } = {}) => {
        const input = { ref: refOf(uri), user, preconditions: () => preconditions, time: () => time };
        return parseData(await run(deleteObjectPlan(input.ref), (session) => deleteObject(context, session, input)));
      },
      /** A page of a list. */
      list: async (uri: string, query = "", listOptions: ListOptions = {}) => {
        const result = await list(uri, query, listOptions);
        if (!("entries" in result)) throw new Error("The list was counted or is not modified");
        return { entries: result.entries.map(parseEntry), next: result.next, timestamp: result.timestamp };
      },
      /** The ids of all pages of a list. */
      listIds: async (uri: string, query = ""): Promise<readonly (readonly string[])[]> => {
        const pages: string[][] = [];
        let after: SelectionCursor | undefined;
        do {
          const page = await list(uri, query, { ...(after && { after }) });
          if (!("entries" in page)) throw new Error("The list is not modified");
          pages.push(page.entries.map(({ id }) => id));
          after = page.next;
        } while (after !== undefined);
        return pages;
      },
      listRaw: list,
      count: async (uri: string, query = ""): Promise<number | undefined> => {
        const result = await list(uri, query, { counted: true });
        if (!("total" in result)) throw new Error("The list was not counted");
        return result.total;
      },
      /** Deletes the objects of a list that match a query: a page, or all pages. Returns their ids. */
      deleteAll: async (
        uri: string,
        query = "",
        { preconditions = {}, between, allPages = false }: DeletionOptions = {},
      ) => {
        const deleted: Json[] = [];
        let after: SelectionCursor | undefined;
        do {
          const cursor = after;
          const input = {
            list: listOf(uri),
            user,
            preconditions: () => preconditions,
            selection: async (timestamp: number) => ({
              ...readListQuery(new URLSearchParams(query), timestamp),
              after: cursor,
            }),
            place: async () => cursor?.shares,
            budget: new ReadBudget(readBytes),
          };
          const plan = deleteObjectsPlan(input.list);
          const selected = await run(plan, (session) => selectObjectsToDelete(context, session, input));
          await between?.();
          const page = await run(plan, (session) => deleteSelectedObjects(context, session, input, selected));
          deleted.push(...page.flatMap((object) => parseData(object).id ?? []));
          after = selected.next;
        } while (allPages && after !== undefined);
        return deleted;
      },
    };
  };
  return {
    ...objects,
    context: storeContext,
    run,
    listOf,
    /** The use cases of a user. @param readBytes what the lists of each call may read @param changes of the context */
    as: createUseCases,
  };
};

interface DeletionOptions extends Conditions {
  readonly between?: () => Promise<unknown>;
  readonly allPages?: boolean;
}

interface ListOptions extends Conditions {
  readonly counted?: boolean;
  readonly after?: SelectionCursor;
}

const toPlain = ({ object, permissions }: ObjectResult) => ({
  data: parseData(object),
  permissions,
});

const parseEntry = (entry: ListEntry): JsonObject => parseData(entry);

/** The failure of an attempt, as a response has it: `{ kind, message, details?, timestamp? }`. */
export const failureOf = async (attempt: Promise<unknown>) => {
  try {
    return { accepted: await attempt };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const { kind, message, details, timestamp } = error;
    return { kind, message, ...(details && { details }), ...(timestamp !== undefined && { timestamp }) };
  }
};
