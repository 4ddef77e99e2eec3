import type { AsyncLocalStorage } from "node:async_hooks";
import { TrieRouter } from "hono/router/trie-router";
import type { Authenticator } from "../../app/plugins/authenticator.ts";
import { Failure } from "../../core/errors.ts";
import type { Provenance } from "../../core/events/provenance.ts";
import type { HookRunner } from "../../core/hook-points.ts";
import type { StoreContext } from "../../core/objects/store-context.ts";
import type { UserId } from "../../core/permissions/principals.ts";
import type { ActivityRecorder } from "../../core/ports/activity.ts";
import type { Settings } from "../../core/settings.ts";
import type { ReadBudget } from "../../core/store/read-budget.ts";
import type { Session } from "../../core/store/session.ts";
import type { TransactionContext, TransactionPlan } from "../../core/store/transact.ts";
import type { VersionAccess } from "../../core/versions/access.ts";
import type { Scope } from "../../kit/parts/authentication.ts";
import type { PluginInstance, PluginManifest } from "../../kit/plugin.ts";
import { hasCors } from "./cors.ts";
import type { Operation } from "./operation.ts";
import { decodePathPart, type HttpRequest, PREFIX, publicOrigin, removeTrailingSlashes } from "./request.ts";
import { cacheHeaders, type ErrorResponseOptions, type HttpResponse, httpResponse } from "./response.ts";
import type { HttpSearch } from "./search.ts";
import type { TimeLimit } from "./time-limit.ts";

/** The parts of a plugin that serve requests. */
export type HttpPlugin = Pick<
  PluginManifest,
  "name" | "about" | "version" | "url" | "capability" | "capabilityFields" | "pages"
> &
  Pick<PluginInstance, "routes" | "userInfo" | "renderers" | "filters">;

/** What both HTTP functions are composed of. */
export interface HttpApp {
  readonly storeContext: StoreContext;
  readonly transactions: TransactionContext;
  readonly versions: VersionAccess;
  /** What the changes and log lines of the running code are caused by. */
  readonly provenances: AsyncLocalStorage<Provenance>;
  /** The current trace in the form of X-Ray's header, if it is sampled. */
  readonly getTrace: (() => string | undefined) | undefined;
  readonly settings: Settings;
  readonly authenticator: Authenticator;
  /** Runs hooks at the points of requests; `undefined` if no plugin has one. */
  readonly requestHooks: HookRunner | undefined;
  readonly plugins: readonly HttpPlugin[];
  /** Media types of responses, JSON first. */
  readonly mediaTypes: readonly string[];
  /** `undefined` if no plugin needs search. */
  readonly search: HttpSearch | undefined;
  readonly errors: ErrorResponseOptions;
  /** `undefined` if no plugin reads activity. */
  readonly activity: ActivityRecorder | undefined;
}

/** One request that a route handles, alone or in a batch. */
export interface Call<App = HttpApp> {
  readonly api: App;
  readonly request: HttpRequest;
  readonly session: Session;
  readonly user: UserId;
  /** What the request may do at most; `undefined` for all that the user may do. */
  readonly scope?: Scope | undefined;
  /** What lists may read, for the whole request or batch. */
  readonly budget: ReadBudget;
  /** The time of the whole request or batch. {@link Route.run} must end within it. */
  readonly time: TimeLimit;
}

/** Handles one method of an endpoint. */
export interface Route<App = HttpApp> {
  /** What it will read and write, as far as the request shows. */
  readonly plan?: (request: HttpRequest) => Omit<TransactionPlan, "members">;
  /** Has no effect except through the session, because it runs again after a conflict. */
  readonly run: (call: Call<App>) => Promise<HttpResponse>;
  /**
   * Replaces {@link run} outside of batches, for routes that cannot run in one transaction. Keeps to the time of the call
   * itself, because it may have changed something when the time ends.
   */
  readonly runAlone?: (call: Omit<Call<App>, "session">) => Promise<HttpResponse>;
  /** Whether the response is a page of a list: takes `_limit` and sends `Next-Page`. */
  readonly paged?: boolean;
  /**
   * Whether it changes nothing although its method is not GET: a read-only store allows it, a rewrite creates
   * nothing.
   */
  readonly readsOnly?: boolean;
  /** Describes it in the OpenAPI document, which omits routes without a description. */
  readonly describe?: (method: string) => Operation;
}

/** A route and the request that it handles. */
export interface LocatedRoute<App = HttpApp> {
  readonly request: HttpRequest;
  readonly route: Route<App>;
}

/** Sends a request to the route of another path. */
export interface Rewrite<App = HttpApp> {
  readonly rewrite: (api: App, request: HttpRequest, user: UserId) => Promise<LocatedRoute<App>>;
  readonly describe?: (method: string) => Operation;
}

/** The routes of a path by method, in the order of the `Allow` header. */
export type Endpoint<App = HttpApp> = Readonly<Record<string, Route<App> | Rewrite<App>>>;

/** Finds the endpoint of a path; returns `undefined` if there is none. */
export type FindEndpoint<App = HttpApp> = (path: string) => Endpoint<App> | undefined;

/** Describes a path for the log. */
export type DescribePath = (path: string) => { readonly route: string | undefined; readonly path: string };

export type PathParams = Readonly<Record<string, string>>;

/** Matches paths: `:name` matches one part, `*` at the end any number of parts. The first path added comes first. */
export class PathRouter<T> {
  readonly #router = new TrieRouter<T>();

  /** @param path without the version prefix */
  add(path: string, value: T): void {
    this.#router.add("ALL", `${PREFIX}${path}`, value);
  }

  /** @param path with the version prefix, percent-encoded */
  find(path: string): readonly { readonly value: T; readonly params: PathParams }[] {
    const [all] = this.#router.match("ALL", path) as [[T, PathParams][]];
    return all.map(([value, params]) => ({
      value,
      params: Object.fromEntries(Object.entries(params).map(([name, part]) => [name, decodePathPart(part)])),
    }));
  }
}

type CreateEndpoint<App> = (params: PathParams) => Endpoint<App>;

/** The endpoints of a function. Of several at one path, the first one's methods win. */
export class EndpointRouter<App = HttpApp> {
  readonly #router = new PathRouter<CreateEndpoint<App>>();
  readonly #endpoints = new Map<string, CreateEndpoint<App>[]>();
  readonly #patterns = new Map<CreateEndpoint<App>, { readonly route: string; readonly isPrivate: boolean }>();

  /** @param isPrivate whether parameters of the path may be secrets, which no log may contain */
  add(path: string, create: CreateEndpoint<App>, { isPrivate = false }: { readonly isPrivate?: boolean } = {}): void {
    this.#patterns.set(create, { route: path, isPrivate });
    this.#endpoints.set(path, [...(this.#endpoints.get(path) ?? []), create]);
    this.#router.add(path, create);
  }

  readonly find: FindEndpoint<App> = (path) => {
    // A path that ends in a slash is redirected to the one without, even where a wildcard would match it.
    if (path.endsWith("/") && path !== `${PREFIX}/`) return undefined;
    return mergeEndpoints(this.#router.find(path).map(({ value, params }) => value(params)));
  };

  /** A path that is redirected is described by the endpoint that it leads to, another unknown one by its first part. */
  readonly describe: DescribePath = (path) => {
    const parts = path.split("/").filter((part) => part !== "");
    if (/^v\d/.test(parts[0] ?? "")) parts.shift();
    const shown = `/${parts.join("/")}`;
    const [found] = this.#router.find(`${PREFIX}${shown}`);
    const pattern = found && this.#patterns.get(found.value);
    if (pattern === undefined) return { route: undefined, path: `/${parts[0] ?? ""}` };
    return { route: pattern.route, path: pattern.isPrivate ? pattern.route : shown };
  };

  /** All endpoints by path pattern, such as `/buckets/:id`. */
  list(): ReadonlyMap<string, Endpoint<App>> {
    return new Map(
      [...this.#endpoints].map(([path, all]) => [path, mergeEndpoints(all.map((create) => create({}))) ?? {}]),
    );
  }
}

const mergeEndpoints = <App>([first, ...others]: readonly Endpoint<App>[]): Endpoint<App> | undefined =>
  first === undefined || others.length === 0 ? first : Object.assign({}, ...others.toReversed(), first);

/** Methods that a read-only store allows on every endpoint. */
export const isReading = (method: string): boolean => ["GET", "HEAD", "OPTIONS"].includes(method);

/** Whether a read-only store allows a route. */
export const isReadRoute = <App>(method: string, route: Route<App> | Rewrite<App> | undefined): boolean =>
  isReading(method) || (route !== undefined && "readsOnly" in route && route.readsOnly === true);

/** The methods of an endpoint, as far as the settings allow them. */
export const allowedMethods = <App>({ readonly }: Settings, endpoint: Endpoint<App> = {}): readonly string[] =>
  Object.keys(endpoint).filter((method) => !readonly || isReadRoute(method, endpoint[method]));

/** Redirects paths without a version or with trailing slashes. Throws a 404 for other paths. @param now epoch ms */
export const redirectUnknown = (request: HttpRequest, settings: Settings, now: number): HttpResponse => {
  const { method, path, query } = request;
  const to = (target: string, cacheSeconds: number): HttpResponse =>
    httpResponse(307, null, {
      Location: `${publicOrigin(request, settings)}${target}${query === "" ? "" : `?${query}`}`,
      ...(cacheSeconds >= 0 && cacheHeaders(cacheSeconds, now)),
    });

  if (!/^\/v\d/.test(path)) {
    if (!settings.versionPrefixRedirectEnabled) throw new Failure("VERSION_NOT_AVAILABLE");
    const ttl = settings.versionPrefixRedirectTtlSeconds;
    return method === "OPTIONS" ? httpResponse(200, null) : to(`${PREFIX}${path}`, ttl);
  }
  if (!path.startsWith(PREFIX)) throw new Failure("VERSION_NOT_AVAILABLE");
  if (settings.trailingSlashRedirectEnabled) {
    if (path === PREFIX) return to(`${PREFIX}/`, settings.trailingSlashRedirectTtlSeconds);
    if (path.endsWith("/")) return to(removeTrailingSlashes(path), settings.trailingSlashRedirectTtlSeconds);
  }
  throw new Failure("MISSING_RESOURCE");
};

/** Returns the route of the request's method; throws a 405 if there is none. */
export const requireMethod = <App>(
  settings: Settings,
  endpoint: Endpoint<App> = {},
  { method }: HttpRequest,
): Route<App> | Rewrite<App> => {
  const route = Object.hasOwn(endpoint, method) ? endpoint[method] : undefined;
  if (route === undefined) throw methodNotAllowed(settings, Object.keys(endpoint));
  return route;
};

/** A 405 failure. @param methods the endpoint's, without OPTIONS */
export const methodNotAllowed = (settings: Settings, methods: readonly string[]): Failure =>
  new Failure("METHOD_NOT_ALLOWED", {
    headers: { Allow: [...methods, ...(hasCors(settings) ? ["OPTIONS"] : [])].join(", ") },
  });

/** Finds the route that handles a request, following a plugin's rewrite. */
export const locateRoute = async <App extends HttpApp>(
  api: App,
  endpoint: Endpoint<App> | undefined,
  request: HttpRequest,
  user: UserId,
): Promise<LocatedRoute<App>> => {
  const route = requireMethod(api.settings, endpoint, request);
  if (!("rewrite" in route)) return { request, route };
  const located = await route.rewrite(api, request, user);
  if (api.settings.readonly && !isReadRoute(request.method, located.route))
    throw methodNotAllowed(api.settings, ["GET", "HEAD"]);
  return located;
};

/** Unites several plans into one. */
export const mergePlans = (plans: readonly Omit<TransactionPlan, "members">[]): Omit<TransactionPlan, "members"> => ({
  objects: plans.flatMap(({ objects }) => objects),
  parents: plans.flatMap(({ parents = [] }) => parents),
  clocks: plans.flatMap(({ clocks }) => clocks),
  writes: plans.flatMap(({ writes }) => writes),
});
