import { type Answer, answer } from "../../app/http/answer.ts";
import { decoded } from "../../app/http/decoded.ts";
import { failed } from "../../app/http/failed.ts";
import { requireType } from "../../app/http/media-types.ts";
import type { HttpRequest } from "../../app/http/request.ts";
import { ERRORS, Failure, invalid } from "../../core/errors.ts";
import { isObject, type Json, type JsonObject } from "../../core/json.ts";
import { shown } from "../../core/objects/draft.ts";
import type { UserId } from "../../core/permissions/principals.ts";
import { type Plan, transact } from "../../core/store/transact.ts";
import type { Call, Endpoint, Route } from "./call.ts";
import { framed } from "./frame.ts";
import { methodNotAllowed } from "./method-not-allowed.ts";
import { type Find, PREFIX } from "./routes.ts";
import { withoutSlashes } from "./slashes.ts";

/** Several requests, one transaction: later ones see what earlier ones did, and a fault of the store's undoes all. */
export const batchEndpoint = (find: Find): Endpoint => ({ POST: { run: nested, alone: (call) => runBatch(call, find) } });

/** A request of a batch, and what answers it. */
interface Part {
  readonly request: HttpRequest;
  readonly user: UserId;
  readonly route: Route | Failure;
}

const nested = async (): Promise<never> => {
  throw refused(`Recursive call on /batch endpoint is forbidden.`);
};

const runBatch = async ({ api, request, user }: Omit<Call, "session">, find: Find): Promise<Answer> => {
  requireType(request);
  const requests = readBatch(request, api.settings.batchMaxRequests);
  const users = new Map<string | undefined, UserId>([[request.headers.authorization, user]]);
  const parts: Part[] = [];
  for (const one of requests) {
    const { authorization } = one.headers;
    if (!users.has(authorization)) users.set(authorization, await api.identification.identify(authorization));
    parts.push({ ...located(one, find), user: users.get(authorization) ?? null });
  }
  return transact(api.transactions, planOf(parts), async (session) => {
    const responses: string[] = [];
    for (const { request: one, user: asker, route } of parts) responses.push(responseOf(one, await run({ api, request: one, session, user: asker }, route)));
    return answer(200, `{"responses":[${responses.join(",")}]}`);
  });
};

/** What all of them read and write, so that it is read at once. */
const planOf = (parts: readonly Part[]): Plan => {
  const plans = parts.flatMap(({ request, route }) => (route instanceof Failure ? [] : (route.plan?.(request) ?? [])));
  const byUri = <T extends { readonly uri: string }>(all: readonly T[]): T[] => [...new Map(all.map((one) => [one.uri, one])).values()];
  return {
    objects: byUri(plans.flatMap(({ objects }) => objects)),
    clocks: byUri(plans.flatMap(({ clocks }) => clocks)),
    writes: byUri(plans.flatMap(({ writes }) => writes)),
    members: [...new Set(parts.flatMap(({ user }) => user ?? []))],
  };
};

/** What fails by the caller's fault changes nothing, and does not keep the others from being carried out. */
const run = async (call: Call, route: Route | Failure): Promise<Answer> => {
  const undo = call.session.view.mark();
  try {
    if (route instanceof Failure) throw route;
    return framed(call.api, call.request, await route.run(call));
  } catch (error) {
    if (!(error instanceof Failure) || ERRORS[error.kind][0] >= 500) throw error;
    undo();
    return framed(call.api, call.request, failed(error, call.api.telling, undefined));
  }
};

const responseOf = ({ method, path }: HttpRequest, { status, headers, body }: Answer): string =>
  `{"status":${status},"path":${JSON.stringify(decoded(path))},"headers":${JSON.stringify(headers)},"body":${method === "HEAD" || body === null ? '""' : body}}`;

/** Finds a request's route, where its redirects lead. */
const located = (request: HttpRequest, find: Find): { request: HttpRequest; route: Route | Failure } => {
  const path = find(request.path) === undefined && request.path !== PREFIX ? withoutSlashes(request.path) : request.path;
  const there = { ...request, path: path === PREFIX ? `${PREFIX}/` : path };
  const endpoint = find(there.path);
  if (endpoint === undefined) return { request: there, route: new Failure("MISSING_RESOURCE") };
  return { request: there, route: (Object.hasOwn(endpoint, there.method) ? endpoint[there.method] : undefined) ?? methodNotAllowed(endpoint) };
};

const METHODS = ["GET", "HEAD", "DELETE", "TRACE", "POST", "PUT", "PATCH"];

const readBatch = (batch: HttpRequest, most: number): HttpRequest[] => {
  const body = batch.json() ?? {};
  if (!isObject(body)) throw invalid({ location: "body", name: "", description: notMapping(body) });
  const { defaults = {}, requests, ...others } = body;
  requireNoOthers("", others);
  const common: Partial<Spec> = defaults === null ? {} : readSpec("defaults", defaults);
  if (requests === undefined || requests === null) throw flaw("requests", "Required");
  if (!Array.isArray(requests)) throw flaw("requests", `${shown(requests)} is not iterable`);
  if (requests.length > most) throw refused(`Number of requests is limited to ${most}`);
  return requests.map((spec, place) => {
    const name = `requests.${place}`;
    const { method, path, headers, body: data } = readSpec(name, isObject(spec) && isObject(defaults) ? withDefaults(spec, defaults) : spec);
    const at = path ?? common.path;
    if (at === undefined) throw flaw(`${name}.path`, "Required");
    const [way = "", query = ""] = split(at);
    const full = way.startsWith(PREFIX) ? way : `${PREFIX}${way}`;
    if (full === `${PREFIX}/batch` || full.startsWith(`${PREFIX}/batch/`)) throw refused("Recursive call on /batch endpoint is forbidden.");
    return {
      method: method ?? "GET",
      path: full,
      query,
      headers: { ...batch.headers, ...headers, ...(data !== undefined && { "content-type": "application/json" }) },
      json: () => data,
    };
  });
};

interface Spec {
  readonly method: string | undefined;
  readonly path: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: JsonObject | undefined;
}

const readSpec = (name: string, spec: Json): Spec => {
  if (!isObject(spec)) throw flaw(name, notMapping(spec));
  const { method, path, headers, body, ...others } = spec;
  requireNoOthers(name, others);
  if (method !== undefined && method !== null && (typeof method !== "string" || !METHODS.includes(method))) {
    throw flaw(`${name}.method`, `${shown(method)} is not one of ${METHODS.join(", ")}`);
  }
  if (path !== undefined && typeof path !== "string") throw flaw(`${name}.path`, path === null ? "Required" : `${shown(path)} is not a string`);
  if (path !== undefined && !path.startsWith("/")) throw flaw(`${name}.path`, "String does not match expected pattern");
  return {
    method: method ?? undefined,
    path,
    headers: readHeaders(`${name}.headers`, headers ?? {}),
    body: readObject(`${name}.body`, body ?? undefined),
  };
};

const readHeaders = (name: string, headers: Json): Record<string, string> => {
  if (!isObject(headers)) throw flaw(name, notMapping(headers));
  return Object.fromEntries(
    Object.entries(headers).map(([header, value]) => {
      if (typeof value !== "string") throw flaw(name, `${shown(headers)} contains non string value`);
      return [header.toLowerCase(), value];
    }),
  );
};

const readObject = (name: string, body: Json | undefined): JsonObject | undefined => {
  if (body !== undefined && !isObject(body)) throw flaw(name, notMapping(body));
  return body;
};

/** What the defaults say and the request does not, also within `headers` and `body`. */
const withDefaults = (spec: JsonObject, defaults: JsonObject): JsonObject =>
  Object.fromEntries(
    [...new Set([...Object.keys(spec), ...Object.keys(defaults)])].map((key) => {
      const [own, common] = [spec[key], defaults[key]];
      if (!Object.hasOwn(spec, key)) return [key, common as Json];
      return [key, Object.hasOwn(defaults, key) && isObject(own) && isObject(common) ? withDefaults(own, common) : (own as Json)];
    }),
  );

const split = (path: string): string[] => {
  const mark = path.indexOf("?");
  return mark === -1 ? [path] : [path.slice(0, mark), path.slice(mark + 1)];
};

const requireNoOthers = (name: string, others: JsonObject): void => {
  if (Object.keys(others).length > 0) throw flaw(name, `Unrecognized keys in mapping: ${JSON.stringify(Object.keys(others))}`);
};

const flaw = (name: string, description: string): Failure => invalid({ location: "body", name, description });
const refused = (description: string): Failure => flaw("requests", description);
const notMapping = (value: Json) => `${shown(value)} is not a mapping type: Does not implement dict-like functionality.`;
