import { findPrincipalIssue } from "../../core/permissions/principals.ts";
import { isIdOf, listFromIds, type ObjectRef, objectRef, type Resource, type Resources } from "../../core/resources.ts";
import { isObject, type Json, type JsonObject } from "../../lib/json.ts";
import { didYouMean } from "../../lib/util/nearest.ts";
import { DEFAULT_TIMEOUT_SECONDS, type PluginContext } from "../context.ts";
import type { AnyDefinition, PluginManifest, PluginTypes } from "../plugin.ts";
import { type StandardSchema, toJsonSchema } from "../schema.ts";
import { type DefinitionIssue, type Part, type PartIssue, type ShapeOf, timeoutIssues } from "./part.ts";

type Method = "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE";

/**
 * A route's name: its method (or `ANY`) and its path without the version prefix, such as `"GET /hello/:name"`. `:name`
 * matches one path segment, `*` at the end matches the rest.
 */
export type RouteName = `${Method | "ANY"} /${string}`;

/** The parameters of a route's path, by name. */
type RouteParams<Name> = Name extends `${string}:${infer First}/${infer Rest}`
  ? { readonly [Param in First]: string } & RouteParams<`/${Rest}`>
  : Name extends `${string}:${infer Last}`
    ? { readonly [Param in Last]: string }
    : Readonly<Record<never, string>>;

/**
 * An endpoint of a plugin, which may also take the place of one of the store's. It answers requests with `run`, or
 * forwards them to another path with `rewrite`.
 * @example
 * const hello: RouteDefinition<"GET /hello/:name", unknown, void, void> = {
 *   about: "Greets a user.",
 *   run: ({ params }) => jsonResponse({ hello: params.name }),
 * };
 */
export type RouteDefinition<Name, Input, Config, Services> =
  | HandlerRoute<Name, Input, Config, Services>
  | RewriteRoute<Name, Config, Services>;

interface HandlerRoute<Name, Input, Config, Services> {
  /** One sentence. */
  readonly about: string;
  /**
   * Validates `{ query, body }`. An invalid request gets 400 with each issue. Query values are strings, or lists of
   * strings if repeated; values that the schema declares as numbers or booleans are converted.
   */
  readonly input?: StandardSchema<unknown, Input>;
  /**
   * `user` answers anonymous requests with 401; `principals` lets in only users who have one of them, and answers others with
   * 401 or 403. All requests are allowed when absent.
   */
  readonly for?: RouteAudience | RoutePrincipals<Config>;
  /** A permission on an object of the store, checked before `run` is called. */
  readonly permission?: RoutePermission;
  /**
   * Whether the route also answers requests with a scope although it has no `permission`. All that it does must be requests
   * by `send`, which the scope limits: its plugin has no needs.
   */
  readonly scoped?: boolean;
  /** The responses for the OpenAPI document: a status and a sentence each. */
  readonly responses?: Readonly<Record<number, string>>;
  /** Time limit in seconds, 20 when absent. After it the request fails with 503. */
  readonly timeout?: number;
  readonly run: (
    request: RouteRequest<RouteParams<Name>, Input>,
    context: PluginContext<Config, Services>,
  ) => RouteResponse | Promise<RouteResponse>;
  readonly rewrite?: never;
}

interface RewriteRoute<Name, Config, Services> {
  /** One sentence. */
  readonly about: string;
  readonly rewrite: (
    request: RouteRequest<RouteParams<Name>, unknown>,
    context: PluginContext<Config, Services>,
  ) => Promise<RouteRewrite>;
  readonly run?: never;
  readonly input?: never;
  readonly for?: never;
  readonly permission?: never;
  readonly scoped?: never;
  readonly responses?: never;
  readonly timeout?: never;
}

/** Which users a route answers, without naming them. */
type RouteAudience = "everyone" | "user";

/** The only users that a route answers. */
interface RoutePrincipals<Config> {
  /** Returns user ids, groups' URIs and the like: `({ administrators }) => administrators`. */
  readonly principals: (config: Config) => readonly string[];
}

interface RoutePermission {
  /** The object's path; each `:name` is a parameter of the route: `/buckets/:bucket/collections/:collection`. */
  readonly on: string;
  /**
   * `read`, `write`, the permission to create something in it, such as `record:create`, or `save`: what a PUT of it needs,
   * which is `write`, or the permission to create it if it does not exist.
   */
  readonly permission: "read" | "write" | "save" | `${string}:create`;
}

/**
 * Where a request is forwarded to. It is answered as the same request of the same user to that path.
 * @example
 * const rewrite = async ({ user }: RouteRequest): Promise<RouteRewrite> => ({ path: `/buckets/${user}` });
 */
export interface RouteRewrite {
  /** Without the version prefix, percent-encoded. */
  readonly path: string;
  /** A new body, if it changes. */
  readonly body?: Json | undefined;
  /**
   * URIs of buckets and collections to create for the user in the same transaction if they do not exist; parents
   * first.
   */
  readonly ensure?: readonly string[];
}

/**
 * A request to a plugin's endpoint.
 * @example
 * const whoAmI = ({ user }: RouteRequest): RouteResponse => jsonResponse({ user });
 */
export interface RouteRequest<Named = Readonly<Record<string, string>>, Input = unknown> {
  readonly method: string;
  /** Without the version prefix, percent-encoded as sent. */
  readonly path: string;
  readonly params: Named;
  /** Query and body as the route's `input` parsed them. */
  readonly input: Input;
  /** The text after the question mark. */
  readonly query: string;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** The user's id; `null` for an anonymous request. */
  readonly user: string | null;
  /** Parses the body; `undefined` if it is empty. Throws an error that is answered with 400 if it is not valid JSON. */
  readonly json: () => Json | undefined;
  /** The bytes of the body as they were sent, such as a file. Throws an error that is answered with 413 if there are too many. */
  readonly bytes: () => Uint8Array;
  /**
   * Sends a request to the store as the same user, with the same limits. It is a transaction of its own. Errors are responses.
   * Throws in a batch.
   */
  readonly send: (request: OwnRequest) => Promise<OwnResponse>;
  /** The client's IP address, of a part of a batch that of the batch; `null` if it is not known. */
  readonly address: string | null;
  /**
   * Whether what the user with this id has got at a time, in epoch ms, is still this user's: `false` if the id has belonged to
   * another user since, as `isActive` of authentication plugins says, or if the request is anonymous.
   */
  readonly isActive: (since: number) => Promise<boolean>;
  /** Returns the user's id. Throws an error that is answered with 401 if the request is anonymous. */
  readonly requireUser: () => string;
  /** Aborted when the route's time is up. */
  readonly signal: AbortSignal;
}

/**
 * A response of a plugin.
 * @example
 * const notFound: RouteResponse = { status: 404, headers: { "content-type": "text/plain" }, body: "Not found" };
 */
export interface RouteResponse {
  /** From 200 to 599. */
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Text, JSON unless `headers` has another Content-Type; bytes, at most 4,500,000; `null` for none. */
  readonly body: string | Uint8Array | null;
}

/**
 * A request that a route sends to the store.
 * @example
 * const request: OwnRequest = { method: "PATCH", path: "/buckets/blog", body: { data: { title: "Blog" } } };
 */
export interface OwnRequest {
  readonly method: Method;
  /** Without the version prefix, percent-encoded. */
  readonly path: string;
  /** The text after the question mark. */
  readonly query?: string;
  /** By lower-case name, such as `if-match`. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: JsonObject;
}

/**
 * The response to an {@link OwnRequest}.
 * @example
 * const titleOf = ({ body }: OwnResponse): Json | undefined => body?.data;
 */
export interface OwnResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** `undefined` if there is none. */
  readonly body: JsonObject | undefined;
}

/** A value that can be written as JSON. Fields with `undefined` are omitted. */
type JsonSerializable =
  | null
  | boolean
  | number
  | bigint
  | string
  | readonly JsonSerializable[]
  | { readonly [key: string]: JsonSerializable | undefined };

/**
 * Creates a JSON response.
 * @example
 * const response = jsonResponse({ hello: "world" }, { status: 201 });
 */
export const jsonResponse = (
  body: JsonSerializable,
  { status = 200, headers = {} }: { status?: number; headers?: Readonly<Record<string, string>> } = {},
): RouteResponse => ({ status, headers, body: JSON.stringify(body) });

export interface RoutesPart<Config, Services, T extends PluginTypes> {
  /** Endpoints by name. Names that are computed at run time are checked at the start. */
  readonly routes?: {
    readonly [Name in keyof T["routes"]]: Name extends RouteName | ComputedName<Name>
      ? RouteDefinition<Name, T["routes"][Name], Config, NoInfer<Services>>
      : InvalidRouteName;
  };
}

/** The compiler's message for a route whose name does not start with a method. */
type InvalidRouteName = "A route is named by its method (or ANY), a space and its path, such as 'GET /hello/:name'";
type ComputedName<Name> = string extends Name ? Name : never;

export interface RouteManifest {
  /** The name in the definition, such as `GET /hello/:name`. */
  readonly name: string;
  /** Without the version prefix. */
  readonly path: string;
  /** With HEAD for GET. */
  readonly methods: readonly Method[];
  readonly about: string;
  /** Whether it forwards requests. */
  readonly isRewrite: boolean;
  /** Seconds. */
  readonly timeout: number;
  readonly input?: StandardSchema;
  readonly for?: RouteAudience | { readonly principals: readonly string[] };
  readonly permission?: RoutePermission;
  readonly scoped: boolean;
  readonly responses?: Readonly<Record<number, string>>;
}

export type RouteInstance = RouteManifest & {
  readonly run: ((request: RouteRequest) => Promise<RouteResponse>) | undefined;
  readonly rewrite: ((request: RouteRequest) => Promise<RouteRewrite>) | undefined;
};

type AnyRoute = RouteDefinition<string, unknown, unknown, unknown>;

const listRoutes = ({ routes }: AnyDefinition): readonly (readonly [string, AnyRoute])[] =>
  Object.entries((routes ?? {}) as Readonly<Record<string, AnyRoute>>);

const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"] as const satisfies readonly Method[];

const resolveRoute = (
  definition: AnyDefinition,
  name: string,
  { for: audience, ...route }: AnyRoute,
  config: unknown,
): RouteManifest => {
  const [method = "", path = ""] = name.split(" ");
  const answersHead = method === "GET" && !Object.hasOwn(definition.routes ?? {}, `HEAD ${path}`);
  return {
    name,
    path,
    methods: METHODS.filter((one) => method === "ANY" || method === one || (answersHead && one === "HEAD")),
    about: route.about,
    isRewrite: route.rewrite !== undefined,
    timeout: route.timeout ?? DEFAULT_TIMEOUT_SECONDS.route,
    scoped: route.scoped ?? false,
    ...(route.input && { input: route.input }),
    ...(audience && {
      for: typeof audience === "string" ? audience : { principals: audience.principals(config) },
    }),
    ...(route.permission && { permission: route.permission }),
    ...(route.responses && { responses: route.responses }),
  };
};

export const routes: Part<readonly RouteManifest[], readonly RouteInstance[]> = {
  kind: "object",
  shape: {
    about: "text!",
    input: "schema",
    for: "any",
    permission: "object",
    scoped: "flag",
    responses: "object",
    timeout: "any",
    run: "function",
    rewrite: "function",
  } satisfies ShapeOf<RouteDefinition<never, never, never, never>>,
  shapeIssues: (value) =>
    Object.entries(value).flatMap(([name, route]: [string, unknown]) =>
      isObject(route) ? audienceIssues(name, route.for) : [],
    ),
  resolve: (definition, config) =>
    listRoutes(definition).map(([name, route]) => resolveRoute(definition, name, route, config)),
  check: (plugin, { resources }) => [
    ...plugin.routes.flatMap((route) => [
      ...pathIssues(route),
      ...inputIssues(route),
      ...principalIssues(route),
      ...scopeIssues(plugin, route),
      ...timeoutIssues(`routes['${route.name}']`, route.timeout),
    ]),
    ...duplicateIssues(plugin),
    ...(resources === undefined ? [] : permissionIssues(plugin, resources)),
  ],
  bind: (definition, context) =>
    listRoutes(definition).map(([name, route]) => ({
      ...resolveRoute(definition, name, route, context.config),
      run: route.run && (async (request) => route.run(request as RouteRequest<never>, context)),
      rewrite: route.rewrite && ((request) => route.rewrite(request as RouteRequest<never>, context)),
    })),
};

/** Whether a path has the form of a route's path: `/hello/:name/*`. */
export const isRoutePath = (path: string): boolean =>
  path !== "" && /^(\/(:\w{1,50}|[\w.~@-]{1,200}))*(\/\*)?$/.test(path);

/** Core limits what a route sends by the scope, and nothing else that it might do. */
const scopeIssues = ({ needs }: PluginManifest, { name, scoped }: RouteManifest): PartIssue[] => {
  const [need] = Object.keys(needs);
  if (!scoped || need === undefined) return [];
  const message = `the plugin has the need '${need}', which no scope limits. Use only requests by send, or remove scoped.`;
  return [{ path: `routes['${name}'].scoped`, message }];
};

/** Issues of a route's `for` as it is written. */
const audienceIssues = (name: string, audience: unknown): DefinitionIssue[] => {
  if (audience === undefined || audience === "everyone" || audience === "user") return [];
  if (isObject(audience) && typeof (audience as { readonly principals?: unknown }).principals === "function") return [];
  const message = "must be 'everyone', 'user', or { principals: (config) => a list of principals }";
  return [{ path: [`routes['${name}']`, "for"], message }];
};

const listParams = (path: string): string[] =>
  path.split("/").flatMap((part) => (part.startsWith(":") ? [part.slice(1)] : []));

const pathIssues = ({ name, path, methods }: RouteManifest): PartIssue[] => {
  const at = `routes['${name}']`;
  if (methods.length === 0 || !isRoutePath(path))
    return [{ path: at, message: "must be a method (or ANY), a space and a path, for example 'GET /hello/:name'." }];
  const params = listParams(path);
  const repeated = params.find((param, index) => params.indexOf(param) !== index);
  return repeated === undefined ? [] : [{ path: at, message: `has the parameter ':${repeated}' twice. Rename one.` }];
};

const principalIssues = ({ name, for: audience }: RouteManifest): PartIssue[] => {
  if (typeof audience !== "object") return [];
  const path = `routes['${name}'].for.principals`;
  const message = "must return a list of principals, for example ['account:admin'].";
  const { principals }: { readonly principals: unknown } = audience;
  return Array.isArray(principals) && principals.every((one) => findPrincipalIssue(one as Json) === undefined)
    ? []
    : [{ path, message }];
};

const inputIssues = ({ name, input }: RouteManifest): PartIssue[] => {
  const properties = input && toJsonSchema(input)?.properties;
  const fields = ["query", "body"];
  return Object.keys(isObject(properties) ? properties : {})
    .filter((key) => !fields.includes(key))
    .map((key) => ({
      path: `routes['${name}'].input.${key}`,
      message: `is not a field of a route's input, which is { query, body }. ${didYouMean(key, fields)}`,
    }));
};

/** Two routes for the same requests: the later one would never run. */
const duplicateIssues = (plugin: PluginManifest): PartIssue[] =>
  plugin.routes.flatMap((route, index) => {
    const other = plugin.routes
      .slice(0, index)
      .find(
        ({ path, methods }) =>
          withoutParamNames(path) === withoutParamNames(route.path) &&
          methods.some((one) => route.methods.includes(one)),
      );
    return other === undefined
      ? []
      : [{ path: `routes['${route.name}']`, message: `handles the same requests as '${other.name}'.` }];
  });

const withoutParamNames = (path: string): string => path.replace(/:\w+/g, ":");

const permissionIssues = (plugin: PluginManifest, resources: Resources): PartIssue[] =>
  plugin.routes.flatMap(({ name, path, permission }) => {
    if (permission === undefined) return [];
    const at = `routes['${name}'].permission`;
    const pattern = readObjectPattern(resources, permission.on);
    if (pattern === undefined)
      return [
        { path: `${at}.on`, message: `'${permission.on}' is not the path of an object, such as '/buckets/:bucket'.` },
      ];
    const params = listParams(path);
    const known: readonly string[] = [...pattern.resource.permissions, "save"];
    return [
      ...pattern.params
        .filter((param) => !params.includes(param))
        .map((param) => ({
          path: `${at}.on`,
          message: `the route's path has no ':${param}'. ${didYouMean(param, params)}`,
        })),
      ...(known.includes(permission.permission)
        ? []
        : [
            {
              path: `${at}.permission`,
              message: `a ${pattern.resource.name} has no permission '${permission.permission}'. ${didYouMean(permission.permission, known)}`,
            },
          ]),
    ];
  });

/** The path of an object with parameters. */
interface ObjectPattern {
  readonly resource: Resource;
  /** The parameters' names. */
  readonly params: readonly string[];
  readonly toRef: (params: Readonly<Record<string, string>>) => ObjectRef;
}

/** Parses a pattern such as `/buckets/:bucket`; `undefined` if it is not the path of an object. */
export const readObjectPattern = (resources: Resources, pattern: string): ObjectPattern | undefined => {
  const parts = pattern.split("/").slice(1);
  const ids: string[] = [];
  let candidates: readonly Resource[] = resources.top.map(({ resource }) => resource);
  let resource: Resource | undefined;
  for (let index = 0; index < parts.length; index += 2) {
    const [plural, id = ""] = parts.slice(index);
    resource = candidates.find((one) => one.plural === plural);
    if (resource === undefined || !(isIdOf(resource, id) || /^:\w+$/.test(id))) return undefined;
    candidates = resource.children;
    ids.push(id);
  }
  const found = resource;
  if (found === undefined) return undefined;
  return {
    resource: found,
    params: ids.filter((id) => id.startsWith(":")).map((id) => id.slice(1)),
    toRef: (params) => {
      const filled = ids.map((id) => (id.startsWith(":") ? (params[id.slice(1)] ?? "") : id));
      return objectRef(listFromIds(found, filled.slice(0, -1)), filled.at(-1) ?? "");
    },
  };
};
