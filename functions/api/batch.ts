import { MAX_BATCH_RESPONSE_BYTES, MAX_TEXT_BODY_BYTES } from "../../config/functions.ts";
import { Failure } from "../../core/errors.ts";
import { invalidBody, notMappingMessage, quoteValue, rejectUnknownKeys } from "../../core/objects/draft.ts";
import type { UserId } from "../../core/permissions/principals.ts";
import { runInScope, toScope } from "../../core/permissions/scope.ts";
import { type TransactionPlan, transact } from "../../core/store/transact.ts";
import type { Scope } from "../../kit/parts/authentication.ts";
import { isObject, type Json, type JsonObject } from "../../lib/json.ts";
import { compose, identifyOnce, isBatchError, type RequestContext, type Step } from "../http/pipeline.ts";
import {
  decodePathPart,
  type HttpRequest,
  JSON_TYPE,
  PREFIX,
  removeTrailingSlashes,
  requireContentType,
  splitUrl,
  toRequestPath,
} from "../http/request.ts";
import { errorResponse, type HttpResponse, httpResponse, isJson } from "../http/response.ts";
import { type FindEndpoint, type LocatedRoute, locateRoute, mergePlans } from "../http/routing.ts";
import type { ApiApp } from "./app.ts";
import { BATCH } from "./openapi/pages.ts";
import type { ApiCall, ApiEndpoint } from "./routes.ts";

/**
 * Runs several requests in one transaction: later ones see what earlier ones did, and a server error undoes all.
 * @param steps those that each request runs
 */
export const batchEndpoint = (find: FindEndpoint<ApiApp>, steps: readonly Step<ApiApp>[]): ApiEndpoint => ({
  POST: { run: rejectNested, runAlone: (call) => runBatch(call, find, steps), describe: () => BATCH },
});

const rejectNested = async (): Promise<never> => {
  throw invalidRequests("Recursive call on /batch endpoint is forbidden.");
};

/** A request of a batch that has run all steps up to its route, or has got its response from one of them. */
interface Part {
  readonly request: HttpRequest;
  readonly user: UserId;
  readonly scope: Scope | undefined;
  /** `undefined` if a step has responded. */
  readonly located: LocatedRoute<ApiApp> | undefined;
  /** Takes the route's response back through the steps. */
  readonly finish: (response?: HttpResponse) => Promise<HttpResponse>;
}

const runBatch = async (
  call: Omit<ApiCall, "session">,
  find: FindEndpoint<ApiApp>,
  steps: readonly Step<ApiApp>[],
): Promise<HttpResponse> => {
  const { api, request, user, scope, budget, time } = call;
  requireContentType(request);
  const requests = readBatch(request, api.settings.batchMaxRequests);
  const hookRequests = requests.map(({ method, path }) => ({ method, path: path.slice(PREFIX.length) }));
  await api.runHooks("batch.pre", { user, requests: hookRequests });

  const identify = identifyOnce(api, request, { user, scope });
  const parts: Part[] = [];
  for (const one of requests) {
    const part = { request: followRedirects(api, one, find), requestId: "", inBatch: true, user: null, identify };
    parts.push(await time.run(() => startPart(api, steps, { ...part, budget, time })));
  }
  const rewind = budget.savepoint();
  const responses = await transact(api.transactions, planOf(parts), async (session) => {
    rewind();
    const results: (HttpResponse | undefined)[] = [];
    let bytes = 0;
    for (const { located, user: partUser, scope: partScope } of parts) {
      const response =
        located && (await time.run(() => runPart({ ...call, session, user: partUser, scope: partScope }, located)));
      results.push(response);
      // As in the response of the function, which is JSON with the body as a string.
      bytes += Buffer.byteLength(JSON.stringify(response?.body ?? ""));
      if (bytes > MAX_BATCH_RESPONSE_BYTES) throw responsesTooLarge();
    }
    return results;
  });
  const bodies: string[] = [];
  const statuses: number[] = [];
  for (const [index, part] of parts.entries()) {
    const response = await part.finish(responses[index]);
    statuses.push((responses[index] ?? response).status);
    bodies.push(formatResponse(part.request, response));
  }
  await api.runHooks("batch.post", {
    user,
    requests: hookRequests.map((one, index) => ({ ...one, status: statuses[index] ?? 0 })),
  });
  return httpResponse(200, `{"responses":[${bodies.join(",")}]}`);
};

/** Runs the steps up to the route, where they wait until the transaction of the batch is done. */
const startPart = (api: ApiApp, steps: readonly Step<ApiApp>[], context: RequestContext<ApiApp>): Promise<Part> => {
  const { request } = context;
  const started = Promise.withResolvers<Part>();
  const routed = Promise.withResolvers<HttpResponse>();
  const response = compose(steps, async (changed) => {
    const { user, scope } = changed;
    const located = await locateRoute(api, changed.endpoint, changed.request, user);
    const finish = (result?: HttpResponse) => {
      if (result !== undefined) routed.resolve(result);
      return response;
    };
    started.resolve({ request, user, scope, located, finish });
    return routed.promise;
  })(context);
  response.then(
    () => started.resolve({ request, user: null, scope: undefined, located: undefined, finish: () => response }),
    started.reject,
  );
  return started.promise;
};

/** Unites the plans of all parts, so that they are read at once. */
const planOf = (parts: readonly Part[]): TransactionPlan => ({
  ...mergePlans(parts.flatMap(({ located }) => located?.route.plan?.(located.request) ?? [])),
  members: [...new Set(parts.flatMap(({ user }) => user ?? []))],
});

/** Runs a part in the transaction. An error that the client caused undoes this part alone. */
const runPart = async (call: ApiCall, { request, route }: LocatedRoute<ApiApp>): Promise<HttpResponse> => {
  const { api, session } = call;
  const rollBack = session.view.savepoint();
  try {
    return await runInScope(toScope(call.scope), () => route.run({ ...call, request }));
  } catch (error) {
    if (isBatchError(error)) throw error;
    rollBack();
    return errorResponse(error, api.errors, undefined);
  }
};

/** One entry of `responses`; a body that is not JSON is sent as a string. */
const formatResponse = ({ method, path }: HttpRequest, response: HttpResponse): string => {
  const { status, headers, bytes } = response;
  const body = bytes === undefined ? response.body : Buffer.from(bytes).toString("base64");
  const text = method === "HEAD" || body === null ? '""' : isJson(response) ? body : JSON.stringify(body);
  return `{"status":${status},"path":${JSON.stringify(decodePathPart(path))},"headers":${JSON.stringify(headers)},"body":${text}}`;
};

/** The request at the path that its redirects lead to. */
const followRedirects = ({ settings }: ApiApp, request: HttpRequest, find: FindEndpoint<ApiApp>): HttpRequest => {
  if (!settings.trailingSlashRedirectEnabled) return request;
  if (request.path === PREFIX) return { ...request, path: `${PREFIX}/` };
  return find(request.path) === undefined ? { ...request, path: removeTrailingSlashes(request.path) } : request;
};

export const METHODS = ["GET", "HEAD", "DELETE", "TRACE", "POST", "PUT", "PATCH"];

const readBatch = (batch: HttpRequest, maxRequests: number): HttpRequest[] => {
  const json = batch.json();
  const body = json === undefined ? {} : json;
  if (!isObject(body))
    throw invalidBody("", Array.isArray(body) ? notMappingMessage(body) : "Should be a JSON object or an array");
  const { defaults = {}, requests, ...others } = body;
  rejectUnknownKeys("", others);
  const common = readSpec("defaults", defaults);
  if (requests === undefined || requests === null) throw invalidBody("requests", "Required");
  if (!Array.isArray(requests)) throw invalidBody("requests", `${quoteValue(requests)} is not iterable`);
  // Checked first, because each request gets a copy of the defaults.
  if (requests.length > maxRequests) throw invalidRequests(`Number of requests is limited to ${maxRequests}`);
  requireFittingDefaults(defaults, requests.length);
  const read = requests.map((spec, index) => {
    const name = `requests.${index}`;
    const { method, path, headers, body } = readSpec(
      name,
      isObject(spec) && isObject(defaults) ? withDefaults(spec, defaults) : spec,
    );
    // As in Kinto, an empty body is no body, and keeps the Content-Type of the headers.
    const data = body === undefined || Object.keys(body).length === 0 ? undefined : body;
    const url = path ?? common.path;
    if (url === undefined) throw invalidBody(`${name}.path`, "Required");
    const [urlPath, query] = splitUrl(url);
    return {
      method: method ?? "GET",
      path: toRequestPath(urlPath.startsWith(PREFIX) ? urlPath : `${PREFIX}${urlPath}`),
      query,
      headers: { ...batch.headers, ...headers, ...(data !== undefined && { "content-type": JSON_TYPE }) },
      address: batch.address,
      json: () => data,
      isParsed: true,
    };
  });
  if (read.some(({ path }) => removeTrailingSlashes(path) === `${PREFIX}/batch`))
    throw invalidRequests("Recursive call on /batch endpoint is forbidden.");
  return read;
};

/** The transaction is given up, since a response that cannot be sent would hide what was changed. */
const responsesTooLarge = (): Failure =>
  new Failure("REQUEST_TOO_LARGE", {
    message: `The responses have more than ${MAX_BATCH_RESPONSE_BYTES} bytes together, as JSON strings. Nothing was changed. Send fewer requests at once, or ask for less with _limit and _fields.`,
  });

/** Throws a 413 if the requests would be larger with their defaults than a body may be without. */
const requireFittingDefaults = (defaults: Json, requests: number): void => {
  const bytes = Buffer.byteLength(JSON.stringify(defaults));
  if (bytes * requests <= MAX_TEXT_BODY_BYTES) return;
  throw new Failure("REQUEST_TOO_LARGE", {
    message: `The defaults have ${bytes} bytes, and ${requests} requests get them; ${MAX_TEXT_BODY_BYTES} bytes are accepted in all. Send shorter defaults, or fewer requests at once.`,
  });
};

/** A request as the body of the batch describes it. */
interface RequestSpec {
  readonly method: string | undefined;
  readonly path: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: JsonObject | undefined;
}

const readSpec = (name: string, spec: Json): RequestSpec => {
  if (!isObject(spec)) throw invalidBody(name, notMappingMessage(spec));
  const { method, path, headers, body, ...others } = spec;
  rejectUnknownKeys(name, others);
  if (method !== undefined && method !== null && (typeof method !== "string" || !METHODS.includes(method))) {
    throw invalidBody(`${name}.method`, `${quoteValue(method)} is not one of ${METHODS.join(", ")}`);
  }
  if (path !== undefined && typeof path !== "string")
    throw invalidBody(`${name}.path`, path === null ? "Required" : `${quoteValue(path)} is not a string`);
  if (path === "") throw invalidBody(`${name}.path`, "Required");
  if (path !== undefined && !path.startsWith("/"))
    throw invalidBody(`${name}.path`, "String does not match expected pattern");
  return {
    method: method ?? undefined,
    path,
    headers: headers === undefined ? {} : readHeaders(`${name}.headers`, headers),
    body: readObject(`${name}.body`, body),
  };
};

const readHeaders = (name: string, headers: Json): Record<string, string> => {
  if (!isObject(headers)) throw invalidBody(name, notMappingMessage(headers));
  return Object.fromEntries(
    Object.entries(headers).map(([header, value]) => {
      if (typeof value !== "string") throw invalidBody(name, `${quoteValue(headers)} contains non string value`);
      return [header.toLowerCase(), value];
    }),
  );
};

const readObject = (name: string, body: Json | undefined): JsonObject | undefined => {
  if (body !== undefined && !isObject(body)) throw invalidBody(name, notMappingMessage(body));
  return body;
};

/** Adds what only the defaults have, also inside `headers` and `body`. */
const withDefaults = (spec: JsonObject, defaults: JsonObject): JsonObject =>
  Object.fromEntries(
    [...new Set([...Object.keys(spec), ...Object.keys(defaults)])].map((key) => {
      const [own, common] = [spec[key], defaults[key]];
      if (!Object.hasOwn(spec, key)) return [key, common as Json];
      return [
        key,
        Object.hasOwn(defaults, key) && isObject(own) && isObject(common) ? withDefaults(own, common) : (own as Json),
      ];
    }),
  );

const invalidRequests = (description: string): Failure => invalidBody("requests", description);
