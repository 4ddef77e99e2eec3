import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, Context } from "aws-lambda";
import { ANONYMOUS, type IdentifiedUser } from "../../app/plugins/authenticator.ts";
import { Failure, Refusal } from "../../core/errors.ts";
import type { UserId } from "../../core/permissions/principals.ts";
import { runInScope, toScope } from "../../core/permissions/scope.ts";
import type { Settings } from "../../core/settings.ts";
import { ReadBudget } from "../../core/store/read-budget.ts";
import { transact } from "../../core/store/transact.ts";
import type { Scope } from "../../kit/parts/authentication.ts";
import { compressResponse, requireFittingResponse } from "./compression.ts";
import { addCorsHeaders, hasCors, preflight, requireOrigin } from "./cors.ts";
import { filterStep } from "./filters.ts";
import { pagesStep } from "./pages.ts";
import { renderStep } from "./renderers.ts";
import { type HttpRequest, requireAccepted, requireUtf8Query, toRequest } from "./request.ts";
import { recordRequests } from "./request-activity.ts";
import { requestHookStep } from "./request-hooks.ts";
import { errorResponse, type HttpResponse, isServerError } from "./response.ts";
import {
  allowedMethods,
  type DescribePath,
  type Endpoint,
  type FindEndpoint,
  type HttpApp,
  isReadRoute,
  locateRoute,
  methodNotAllowed,
  redirectUnknown,
  requireMethod,
} from "./routing.ts";
import { requireInService, serviceHeaders } from "./service.ts";
import { startTimeLimit, type TimeLimit } from "./time-limit.ts";

/** A request on its way through the steps. */
export interface RequestContext<App extends HttpApp = HttpApp> {
  readonly request: HttpRequest;
  readonly requestId: string;
  readonly inBatch: boolean;
  /** The endpoint at the request's path; set by a step. */
  readonly endpoint?: Endpoint<App> | undefined;
  /** Set by a step. */
  readonly user: UserId;
  /** What the request may do at most; set with the user. */
  readonly scope?: Scope | undefined;
  /** Finds the user of an `Authorization` header, once per header. All else that proves users is of the whole request. */
  readonly identify: (authorization: string | undefined) => Promise<IdentifiedUser>;
  /** The `_limit` of a list whose request has none; set by rendering. */
  readonly pageSize?: number | undefined;
  /** What lists may read, also several pages of one that is rendered, and the parts of a batch. */
  readonly budget: ReadBudget;
  readonly time: TimeLimit;
}

export type Next<App extends HttpApp = HttpApp> = (context: RequestContext<App>) => Promise<HttpResponse>;

/** Responds itself, or calls `next` with the context or a changed one, and may change the response. */
export type Step<App extends HttpApp = HttpApp> = (
  context: RequestContext<App>,
  next: Next<App>,
) => Promise<HttpResponse>;

/** Wraps each step around those after it. */
export const compose = <App extends HttpApp>(steps: readonly Step<App>[], last: Next<App>): Next<App> =>
  steps.reduceRight<Next<App>>((next, step) => (context) => step(context, next), last);

export interface NamedStep<App extends HttpApp> {
  readonly name: string;
  /** Whether each part of a batch runs it too; the batch request itself has already run the others. */
  readonly inBatch: boolean;
  readonly run: Step<App> | undefined;
}

/** Every step of a request, in order. A step without `run` has nothing to do with this configuration. */
export const requestSteps = <App extends HttpApp>(app: App, find: FindEndpoint<App>): readonly NamedStep<App>[] => {
  const { settings } = app;
  return [
    { name: "request id", inBatch: false, run: setProvenance(app) },
    { name: "service headers", inBatch: false, run: addServiceHeaders(app) },
    {
      name: "CORS headers",
      inBatch: true,
      run: hasCors(settings) ? allowOrigins(settings) : undefined,
    },
    { name: "errors of the size", inBatch: false, run: handleErrors(app) },
    { name: "compression", inBatch: false, run: compress },
    {
      name: "request hooks",
      inBatch: true,
      run: app.requestHooks === undefined ? undefined : requestHookStep(app.requestHooks, handleErrors(app)),
    },
    { name: "rendering", inBatch: false, run: renderStep(app) },
    { name: "errors", inBatch: true, run: handleErrors(app) },
    {
      name: "end of service",
      inBatch: true,
      run: settings.eos === undefined ? undefined : check(() => requireInService(settings, app.transactions.now())),
    },
    { name: "pages", inBatch: false, run: pagesStep(app) },
    {
      name: "endpoint",
      inBatch: true,
      run: (context, next) => next({ ...context, endpoint: find(context.request.path) }),
    },
    {
      name: "read-only store",
      inBatch: true,
      run: settings.readonly ? check((context) => requireReading(settings, context)) : undefined,
    },
    { name: "decoding", inBatch: true, run: check(({ request }) => requireUtf8Query(request)) },
    { name: "redirects", inBatch: true, run: redirect(app) },
    { name: "CORS preflight", inBatch: true, run: hasCors(settings) ? answerPreflight(settings) : undefined },
    {
      name: "method",
      inBatch: true,
      run: check(({ request, endpoint }) => requireMethod(settings, endpoint, request)),
    },
    { name: "media types", inBatch: true, run: check(({ request }) => requireAccepted(request, app.mediaTypes)) },
    {
      name: "origin",
      inBatch: true,
      run: hasCors(settings) ? check(({ request }) => requireOrigin(settings, request)) : undefined,
    },
    { name: "authentication", inBatch: true, run: authenticate },
    { name: "filters", inBatch: true, run: filterStep(app) },
    // Inside the filters, so that they see errors as responses.
    { name: "errors of the route", inBatch: true, run: handleErrors(app) },
  ];
};

/** The functions of the steps. @param batch those that each part of a batch runs */
export const runnableSteps = <App extends HttpApp>(
  steps: readonly NamedStep<App>[],
  { batch }: { readonly batch: boolean },
): readonly Step<App>[] => steps.flatMap(({ inBatch, run }) => (run === undefined || (batch && !inBatch) ? [] : [run]));

const check =
  <App extends HttpApp>(require: (context: RequestContext<App>) => unknown): Step<App> =>
  async (context, next) => {
    require(context);
    return next(context);
  };

const addHeaders =
  <App extends HttpApp>(headersOf: (context: RequestContext<App>) => Readonly<Record<string, string>>): Step<App> =>
  async (context, next) => {
    const response = await next(context);
    return { ...response, headers: { ...response.headers, ...headersOf(context) } };
  };

const allowOrigins =
  <App extends HttpApp>(settings: Settings): Step<App> =>
  async (context, next) =>
    addCorsHeaders(settings, context.request, await next(context));

const setProvenance =
  <App extends HttpApp>({ provenances, getTrace }: App): Step<App> =>
  async (context, next) => {
    const trace = getTrace?.();
    const provenance = { request_id: context.requestId, ...(trace !== undefined && { trace }) };
    return provenances.run(provenance, () => next(context));
  };

const compress = async <App extends HttpApp>(context: RequestContext<App>, next: Next<App>): Promise<HttpResponse> => {
  const response = await compressResponse(context.request, await next(context));
  requireFittingResponse(response);
  return response;
};

/** Redirects or rejects paths without an endpoint. */
const redirect =
  <App extends HttpApp>({ settings, transactions }: App): Step<App> =>
  async (context, next) =>
    context.endpoint === undefined ? redirectUnknown(context.request, settings, transactions.now()) : next(context);

/** `Backoff` and `Alert`: what the operator announces to clients. */
const addServiceHeaders = <App extends HttpApp>({ settings, transactions }: App): Step<App> | undefined =>
  settings.backoff === undefined && settings.eos === undefined
    ? undefined
    : addHeaders(() => serviceHeaders(settings, transactions.now()));

/** Converts errors to responses. A server error in a part of a batch fails the whole batch. */
const handleErrors =
  <App extends HttpApp>({ errors }: App): Step<App> =>
  async (context, next) => {
    try {
      return await next(context);
    } catch (error) {
      if (context.inBatch && isBatchError(error)) throw error;
      return errorResponse(error, errors, context.inBatch ? undefined : context.requestId);
    }
  };

/** Whether an error of one part fails the batch: any that the client did not cause, except a plugin's refusal. */
export const isBatchError = (error: unknown): boolean =>
  !(error instanceof Failure) || (isServerError(error) && !(error instanceof Refusal));

/** Throws a 405 for methods that write. The target of a rewrite is checked when it is known. */
const requireReading = <App extends HttpApp>(
  settings: Settings,
  { request: { method }, endpoint = {} }: RequestContext<App>,
): void => {
  const route = Object.hasOwn(endpoint, method) ? endpoint[method] : undefined;
  if (!isReadRoute(method, route) && (route === undefined || !("rewrite" in route)))
    throw methodNotAllowed(settings, ["GET", "HEAD"]);
};

const answerPreflight =
  <App extends HttpApp>(settings: Settings): Step<App> =>
  async (context, next) =>
    context.request.method === "OPTIONS"
      ? preflight(settings, context.request, allowedMethods(settings, context.endpoint))
      : next(context);

const authenticate = async <App extends HttpApp>(
  context: RequestContext<App>,
  next: Next<App>,
): Promise<HttpResponse> => {
  const { user, scope } = await context.identify(context.request.headers.authorization);
  return runInScope(toScope(scope), () => next({ ...context, user, scope }));
};

/**
 * Finds the users of a request or of the parts of a batch, once per `Authorization` header. Cookies, other headers and the
 * address are those of the request, also for parts: the headers of a part are written by the client's page or library, and
 * neither browsers nor proxies have checked them.
 * @param known the user of the batch
 */
export const identifyOnce = (
  { authenticator }: HttpApp,
  { headers, address }: Pick<HttpRequest, "headers" | "address">,
  known?: IdentifiedUser,
): RequestContext["identify"] => {
  const users = new Map<string | undefined, Promise<IdentifiedUser>>();
  if (known !== undefined) users.set(headers.authorization, Promise.resolve(known));
  return (authorization) => {
    const user =
      users.get(authorization) ??
      authenticator.identify({ authorization, headers, address, inBatch: known !== undefined });
    users.set(authorization, user);
    return user;
  };
};

/** What a route is run with. */
export type RoutedRequest<App extends HttpApp> = Pick<
  RequestContext<App>,
  "request" | "endpoint" | "user" | "scope" | "pageSize" | "budget" | "time"
>;

/** What all steps lead to: runs the route in a transaction. */
export const runRoute =
  <App extends HttpApp>(app: App) =>
  async ({ endpoint, user, scope, pageSize, budget, time, ...context }: RoutedRequest<App>): Promise<HttpResponse> => {
    const { request: located, route } = await locateRoute(app, endpoint, context.request, user);
    const request = pageSize !== undefined && route.paged === true ? withLimit(located, pageSize) : located;
    if (route.runAlone !== undefined) return route.runAlone({ api: app, request, user, scope, budget, time });
    const plan = {
      objects: [],
      clocks: [],
      writes: [],
      ...route.plan?.(request),
      members: user === null ? [] : [user],
    };
    const rewind = budget.savepoint();
    return transact(app.transactions, plan, (session) => {
      rewind();
      return time.run(() => route.run({ api: app, request, session, user, scope, budget, time }));
    });
  };

const withLimit = (request: HttpRequest, limit: number): HttpRequest => {
  if (new URLSearchParams(request.query).has("_limit")) return request;
  return { ...request, query: `${request.query}${request.query === "" ? "" : "&"}_limit=${limit}` };
};

/** A function behind API Gateway's HTTP API (payload format 2.0). */
export type HttpHandler = (
  event: APIGatewayProxyEventV2,
  context?: Context,
) => Promise<APIGatewayProxyStructuredResultV2>;

/** The handler of an HTTP function: runs all steps for each event. */
export const httpHandler = <App extends HttpApp>(
  app: App,
  steps: readonly NamedStep<App>[],
  describe: DescribePath,
): HttpHandler => {
  const run = compose(runnableSteps(steps, { batch: false }), runRoute(app));
  const respond = app.activity === undefined ? run : recordRequests(app, app.activity, describe, run);
  return async (event) => {
    const { requestId } = event.requestContext;
    const request = toRequest(event, app.settings.clientAddressHeader);
    const context = {
      request,
      requestId,
      inBatch: false,
      ...ANONYMOUS,
      identify: identifyOnce(app, request),
      budget: new ReadBudget(app.storeContext.limits.readBytes),
      time: startTimeLimit(),
    };
    return toResult(await respond(context), request.method);
  };
};

const toResult = (
  { status, headers, body, bytes, compressed }: HttpResponse,
  method: string,
): APIGatewayProxyStructuredResultV2 => ({
  statusCode: status,
  headers: { ...headers },
  ...(compressed !== undefined && { body: compressed.toString("base64"), isBase64Encoded: true }),
  ...(compressed === undefined && body !== null && method !== "HEAD" && { body }),
  ...(bytes !== undefined &&
    method !== "HEAD" && { body: Buffer.from(bytes).toString("base64"), isBase64Encoded: true }),
});
