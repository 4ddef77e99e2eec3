import { type Flaw, invalid } from "../../core/errors.ts";
import { type Action, type ActionPlace, actionAt, actionsAt } from "../../core/jobs/action.ts";
import { createJob } from "../../core/jobs/create-job.ts";
import { flawAt, notMapping } from "../../core/objects/body-flaws.ts";
import { ancestors } from "../../core/resources.ts";
import { transact } from "../../core/store/transact.ts";
import { isObject, type JsonObject } from "../../lib/json.ts";
import { type Answer, answer, NOT_CACHED } from "../http/answer.ts";
import { requireType } from "../http/media-types.ts";
import { PREFIX } from "../http/prefix.ts";
import { publicOrigin } from "../http/public-origin.ts";
import type { HttpRequest } from "../http/request.ts";
import { readQuery } from "../http/route-input.ts";
import type { Call, Endpoint } from "./call.ts";
import { actionOperation, actionsOperation } from "./openapi/jobs.ts";

/** The actions that the asker may have done at a place. */
export const actionsEndpoint = (place: ActionPlace): Endpoint => {
  const route = {
    plan: () => planOf(place),
    run: async ({ api, session, user }: Call) => {
      const actions = await actionsAt(api.world, session, api.actions, place, user);
      return answer(200, JSON.stringify({ data: actions.map(shown) }), NOT_CACHED);
    },
    describe: () => actionsOperation(place),
  };
  return { GET: route, HEAD: route };
};

/** One action at a place: GET tells what it takes, POST has it done. */
export const actionEndpoint = (place: ActionPlace, name: string): Endpoint => {
  const describe = (method: string) => actionOperation(method, place);
  const reader = {
    plan: () => planOf(place),
    run: async ({ api, session, user }: Call) =>
      answer(
        200,
        JSON.stringify(shown(await actionAt(api.world, session, api.actions, { place, name, user }))),
        NOT_CACHED,
      ),
    describe,
  };
  return { GET: reader, HEAD: reader, POST: { run: inBatch, alone: (call) => post(call, place, name), describe } };
};

const planOf = (place: ActionPlace) => ({
  objects: place === null ? [] : [place, ...ancestors(place)],
  clocks: [],
  writes: [],
});

const shown = ({ name, plugin, about, params }: Action): JsonObject => ({ name, plugin, description: about, params });

const inBatch = async (): Promise<never> => {
  throw flawAt("requests", "An action can't be part of a batch: its job would stay where the batch is undone.");
};

const post = async (
  { api, request, user }: Omit<Call, "session">,
  place: ActionPlace,
  name: string,
): Promise<Answer> => {
  const { jobs, settings, transactions, world } = api;
  const plan = { ...planOf(place), members: user === null ? [] : [user] };
  const action = await transact(transactions, plan, (session) =>
    actionAt(world, session, api.actions, { place, name, user }),
  );
  const params = await readParams(action, request);
  const { plugin, limits } = action;
  const asked = { plugin, name, uri: place?.uri ?? null, user, params, provenance: transactions.provenance?.() };
  const { id } = await createJob({ jobs, now: transactions.now() }, asked, {
    limits,
    key: request.headers["idempotency-key"]?.trim(),
  });
  return answer(202, JSON.stringify({ job_id: id }), {
    Location: `${publicOrigin(request, settings)}${PREFIX}/jobs/${id}`,
  });
};

/** What stands in the body, or in the query. */
const readParams = async (action: Action, request: HttpRequest): Promise<JsonObject> => {
  const body = request.json();
  if (body !== undefined) requireType(request);
  if (body !== undefined && !isObject(body)) throw flawAt("", notMapping(body));
  if (body !== undefined && request.query !== "")
    throw flawAt("", "Parameters stand in the body or in the query, and not in both.");
  const params = body ?? readQuery(request.query, { properties: action.params });
  const location: Flaw["location"] = body === undefined ? "querystring" : "body";
  const [first, ...others] = (await action.flaws(params)).map((flaw) => ({ location, ...flaw }));
  if (first !== undefined) throw invalid(first, ...others);
  return params;
};
