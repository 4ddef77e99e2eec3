import { type ListQuery, readListQuery, requireIntegers } from "../../core/lists/list-query.ts";
import { createObject } from "../../core/objects/create-object.ts";
import { buryObjects, type DeleteObjects, type Doomed, selectDoomed } from "../../core/objects/delete-objects.ts";
import { listObjects } from "../../core/objects/list-objects.ts";
import type { Preconditions } from "../../core/objects/preconditions.ts";
import { readDraft } from "../../core/objects/read-draft.ts";
import type { Selection } from "../../core/objects/select.ts";
import type { Entry, Stored } from "../../core/ports/store.ts";
import { type ListRef, objectRef } from "../../core/resources.ts";
import { transact } from "../../core/store/transact.ts";
import { around, parents } from "../../core/store/view.ts";
import type { Json } from "../../lib/json.ts";
import { once } from "../../lib/util/once.ts";
import { type Answer, answer, timeHeaders, totalHeaders } from "../http/answer.ts";
import { requireType } from "../http/media-types.ts";
import type { HttpRequest } from "../http/request.ts";
import { cacheHeaders } from "./cache-headers.ts";
import type { Call, Endpoint } from "./call.ts";
import { postedId } from "./draft.ts";
import { nextPage } from "./next-page.ts";
import { told } from "./objects.ts";
import { listOperation } from "./openapi/lists.ts";
import { readPreconditions } from "./preconditions.ts";
import { shownFields } from "./shown-fields.ts";
import { readToken, wrong } from "./token.ts";

/** What can be done with a list. */
export const listEndpoint = (list: ListRef): Endpoint => {
  const read = () => ({ objects: parents(list), clocks: [list], writes: [] });
  const describe = (method: string) => listOperation(method, list.kind);
  const reader = { plan: read, run: (call: Call) => get(call, list), paged: true, describe };
  return {
    HEAD: reader,
    GET: reader,
    POST: {
      plan: (request) => {
        const id = posted(request);
        return { ...(id === undefined ? read() : around(objectRef(list, id))), writes: [list] };
      },
      run: (call) => post(call, list),
      describe,
    },
    DELETE: {
      plan: () => ({ ...read(), writes: [list] }),
      run: (call) => remove(call, list),
      alone: (call) => removeAlone(call, list),
      describe,
    },
  };
};

const get = async (call: Call, list: ListRef): Promise<Answer> => {
  const { api, session, request, user } = call;
  const counted = request.method === "HEAD";
  const asked = queryOf(call, list);
  const result = await listObjects(api.world, session, {
    list,
    user,
    preconditions: asked.preconditions,
    selection: asked.selection,
    counted,
  });
  const headers = { ...timeHeaders(result.timestamp), ...cacheHeaders(call, list) };
  if ("notModified" in result) return answer(304, null, headers);
  const alert = alertOf(asked.query());
  if ("total" in result) {
    return answer(200, "{}", { ...headers, ...alert, ...totalHeaders(result.total) });
  }
  const page = await nextPage(call, scopeOf(request, list, asked.query()), asked.query().limit, result.next);
  return answer(200, entries(result.entries, shownFields(asked.query().fields)), { ...headers, ...alert, ...page });
};

const post = async ({ api, session, request, user }: Call, list: ListRef): Promise<Answer> => {
  requireType(request);
  const preconditions = () => readPreconditions(request);
  const draft = () => readDraft(list.kind, request.json());
  const result = await createObject(api.world, session, { list, id: posted(request), user, preconditions, draft });
  return told(result.created ? 201 : 200, result);
};

/** The id that a body brings; what else is wrong with the body is told later. */
const posted = (request: HttpRequest): string | undefined => {
  let body: Json | undefined;
  try {
    body = request.json();
  } catch {
    return undefined;
  }
  return postedId(body);
};

const remove = async (call: Call, list: ListRef): Promise<Answer> => {
  const asked = queryOf(call, list);
  const request = deletion(call, list, asked);
  const doomed = await selectDoomed(call.api.world, call.session, request);
  const tombstones = await buryObjects(call.api.world, call.session, request, doomed);
  return buried(call, list, asked.query(), doomed, tombstones);
};

/** Objects in one transaction: each takes its item and the rows of those it was shared with. */
const AT_ONCE = 20;

/** As {@link remove}, in as many transactions as it takes. */
const removeAlone = async (call: Omit<Call, "session">, list: ListRef): Promise<Answer> => {
  const { world, transactions } = call.api;
  const asked = queryOf(call, list);
  const request = deletion(call, list, asked);
  const plan = {
    objects: parents(list),
    clocks: [list],
    members: call.user === null ? [] : [call.user],
    writes: [list],
  };
  const doomed = await transact(transactions, { ...plan, writes: [] }, (session) =>
    selectDoomed(world, session, request),
  );

  const tombstones: Stored[] = [];
  // A list found empty may have been filled since the precondition was checked: it is checked again.
  const end =
    request.preconditions().ifMatch === undefined ? doomed.entries.length : Math.max(doomed.entries.length, 1);
  for (let i = 0; i < end; i += AT_ONCE) {
    const part = { ...doomed, entries: doomed.entries.slice(i, i + AT_ONCE) };
    const refs = part.entries.map(({ id }) => objectRef(list, id));
    // The first part is made only if the list is as it was when the precondition was checked; those after it find it changed by the first.
    const mine = i === 0 ? request : { ...request, preconditions: () => ({}) };
    tombstones.push(
      ...(await transact(transactions, { ...plan, objects: [...refs, ...plan.objects] }, (session) =>
        buryObjects(world, session, mine, part),
      )),
    );
  }
  return buried(call, list, asked.query(), doomed, tombstones);
};

const deletion = ({ user }: Pick<Call, "user">, list: ListRef, { selection, preconditions }: Asked): DeleteObjects => ({
  list,
  user,
  preconditions,
  selection,
});

const buried = async (
  call: Omit<Call, "session">,
  list: ListRef,
  query: ListQuery,
  { timestamp, next }: Doomed,
  tombstones: readonly Stored[],
): Promise<Answer> => {
  const page = await nextPage(call, scopeOf(call.request, list, query), query.limit, next);
  const last = tombstones.reduce((latest, { last_modified }) => Math.max(latest, last_modified), 0);
  return answer(200, entries(tombstones), {
    ...timeHeaders(tombstones.length === 0 ? timestamp : last),
    ...alertOf(query),
    ...page,
  });
};

const entries = (stored: readonly Pick<Entry, "json">[], shown: (json: string) => string = (json) => json): string =>
  `{"data":[${stored.map(({ json }) => shown(json)).join(",")}]}`;

interface Asked {
  readonly query: () => ListQuery;
  readonly selection: () => Promise<Selection>;
  readonly preconditions: () => Preconditions;
}

/** What of the list is asked for; what is wrong with it is told when it is asked for. */
const queryOf = ({ api, request }: Pick<Call, "api" | "request">, list: ListRef): Asked => {
  const { now } = api.transactions;
  let read: ListQuery | undefined;
  const query = () => {
    read ??= readListQuery(new URLSearchParams(request.query), now());
    return read;
  };
  const selection = once(async (): Promise<Selection> => {
    const { token, ...asked } = query();
    const deletes = request.method === "DELETE";
    // Kinto takes an empty token for none; but a list is not deleted from its beginning because somebody's variable was empty.
    if (token === null || (token === "" && !deletes)) return asked;
    const { place, id, expires } = await readToken(api.seal, scopeOf(request, list, asked), token, now());
    // A page of a DELETE is gone when it was deleted: the same token would lead to the next one's objects.
    if (deletes && !(await spent(request, () => api.transactions.store.spend(id, expires))))
      throw wrong("_token was already used or has expired.");
    return { ...asked, after: place };
  });
  // What no number can be is told before any precondition.
  const preconditions = () => {
    requireIntegers(new URLSearchParams(request.query));
    return readPreconditions(request);
  };
  return { query, selection, preconditions };
};

const SPENT = new WeakMap<HttpRequest, Promise<boolean>>();

/** Spends a request's token once: as a part of a batch it may be run several times. */
const spent = (request: HttpRequest, spend: () => Promise<boolean>): Promise<boolean> => {
  const known = SPENT.get(request) ?? spend();
  SPENT.set(request, known);
  return known;
};

const scopeOf = (
  { method }: HttpRequest,
  { uri }: ListRef,
  { since, before, filters, sorts }: Omit<ListQuery, "token">,
): string =>
  JSON.stringify([method === "DELETE" ? "DELETE" : "GET", uri, since ?? null, before ?? null, filters, sorts]);

/** What Kinto tells those who still say `_to`. */
const alertOf = ({ deprecatedTo }: ListQuery): Readonly<Record<string, string>> => (deprecatedTo ? DEPRECATED_TO : {});

const DEPRECATED_TO = {
  Alert: JSON.stringify({
    code: "soft-eol",
    message: "_to is now deprecated, you should use _before instead",
    url: "https://kinto.readthedocs.io/en/2.4.0/api/resource.html#list-of-available-url-parameters",
  }),
};
