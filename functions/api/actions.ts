import { invalid, type RequestIssue } from "../../core/errors.ts";
import { type Action, type ActionTarget, findAction, listActions, readsOfTarget } from "../../core/jobs/action.ts";
import { createJob } from "../../core/jobs/create-job.ts";
import { invalidBody, notMappingMessage } from "../../core/objects/draft.ts";
import { currentScope } from "../../core/permissions/scope.ts";
import { transact } from "../../core/store/transact.ts";
import { isObject, type JsonObject } from "../../lib/json.ts";
import { readQuery } from "../http/plugin-io.ts";
import { type HttpRequest, PREFIX, publicOrigin, requireContentType } from "../http/request.ts";
import { type HttpResponse, httpResponse, NO_CACHE_HEADERS } from "../http/response.ts";
import { actionOperation, actionsOperation } from "./openapi/jobs.ts";
import type { ApiCall, ApiEndpoint } from "./routes.ts";

/** The actions that the user may start on an object, or on the store as a whole. */
export const actionsEndpoint = (target: ActionTarget): ApiEndpoint => {
  const route = {
    plan: () => planOf(target),
    run: async ({ api, session, user }: ApiCall) => {
      const actions = await listActions(api.storeContext, session, api.actions, target, user);
      return httpResponse(200, JSON.stringify({ data: actions.map(describeAction) }), NO_CACHE_HEADERS);
    },
    describe: () => actionsOperation(target),
  };
  return { GET: route, HEAD: route };
};

/** One action: GET describes its parameters, POST starts it. */
export const actionEndpoint = (target: ActionTarget, name: string): ApiEndpoint => {
  const describe = (method: string) => actionOperation(method, target);
  const reader = {
    plan: () => planOf(target),
    run: async ({ api, session, user }: ApiCall) =>
      httpResponse(
        200,
        JSON.stringify(
          describeAction(await findAction(api.storeContext, session, api.actions, { target, name, user })),
        ),
        NO_CACHE_HEADERS,
      ),
    describe,
  };
  return {
    GET: reader,
    HEAD: reader,
    POST: { run: rejectInBatch, runAlone: (call) => post(call, target, name), describe },
  };
};

const planOf = (target: ActionTarget) => ({ ...readsOfTarget(target), writes: [] });

const describeAction = ({ name, plugin, about, params }: Action): JsonObject => ({
  name,
  plugin,
  description: about,
  params,
});

const rejectInBatch = async (): Promise<never> => {
  throw invalidBody("requests", "An action cannot be part of a batch, because its job cannot be rolled back.");
};

const post = async (
  { api, request, user }: Omit<ApiCall, "session">,
  target: ActionTarget,
  name: string,
): Promise<HttpResponse> => {
  const { jobs, settings, transactions, storeContext } = api;
  const plan = { ...planOf(target), members: user === null ? [] : [user] };
  const action = await transact(transactions, plan, (session) =>
    findAction(storeContext, session, api.actions, { target, name, user }),
  );
  const params = await readParams(action, request);
  const { plugin, limits } = action;
  const input = {
    plugin,
    name,
    uri: target?.uri ?? null,
    user,
    params,
    provenance: transactions.provenance?.(),
    scope: currentScope()?.declared,
  };
  const { id } = await createJob({ jobs, now: transactions.now() }, input, {
    limits,
    key: request.headers["idempotency-key"]?.trim(),
  });
  return httpResponse(202, JSON.stringify({ job_id: id }), {
    Location: `${publicOrigin(request, settings)}${PREFIX}/jobs/${id}`,
  });
};

/** Reads the parameters from the body or the query. */
const readParams = async (action: Action, request: HttpRequest): Promise<JsonObject> => {
  const body = request.json();
  if (body !== undefined) requireContentType(request);
  if (body !== undefined && !isObject(body)) throw invalidBody("", notMappingMessage(body));
  if (body !== undefined && request.query !== "")
    throw invalidBody("", "Send parameters in the body or in the query, not in both.");
  const params = body ?? readQuery(request.query, { properties: action.params });
  const location: RequestIssue["location"] = body === undefined ? "querystring" : "body";
  const [first, ...others] = (await action.validateParams(params)).map((issue) => ({ location, ...issue }));
  if (first !== undefined) throw invalid(first, ...others);
  return params;
};
