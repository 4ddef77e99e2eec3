import type { Json } from "../lib/json.ts";
import type { StandardSchema } from "./schema.ts";
import type { PluginContext } from "./tools.ts";

export type Method = "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE";

/**
 * A route's name in a definition says where it stands: `"GET /hello/:name"`, without the version's prefix; `:name` stands for one part of
 * the path, `*` at the end for whatever follows; `ANY` for all methods.
 */
export type RouteName = `${Method | "ANY"} /${string}`;

/** What a route's path holds, by name. */
export type RouteParams<Name> = Name extends `${string}:${infer First}/${infer Rest}`
  ? { readonly [Param in First]: string } & RouteParams<`/${Rest}`>
  : Name extends `${string}:${infer Last}`
    ? { readonly [Param in Last]: string }
    : Readonly<Record<never, string>>;

/** An endpoint that a plugin adds, or puts before one of the store's own: it answers requests itself, or leads them elsewhere. */
export type RouteDefinition<Name, Input, Config, Services> =
  | Answering<Name, Input, Config, Services>
  | Leading<Name, Config, Services>;

interface Answering<Name, Input, Config, Services> {
  /** One sentence. */
  readonly about: string;
  /**
   * What it takes, as one object `{ query, body }`: an unfit request is answered by a 400 that names each flaw. Values of the query are
   * texts, and lists of them where a name comes again; those that the schema wants to be numbers or booleans are made such.
   */
  readonly input?: StandardSchema<unknown, Input>;
  /** `user` refuses (401) those who are not logged in; everybody gets in when absent. */
  readonly for?: "everyone" | "user";
  /** A permission that the asker must have on an object of the store; the core looks before `run` is called. */
  readonly permission?: RoutePermission;
  /** What it answers, for the API's document: a status and a sentence each; that it succeeds when absent. */
  readonly responses?: Readonly<Record<number, string>>;
  /** Seconds it may take, 20 when absent; a request that takes longer is answered by a 503. */
  readonly timeout?: number;
  readonly run: (
    call: RouteRequest<RouteParams<Name>, Input>,
    tools: PluginContext<Config, Services>,
  ) => RouteResponse | Promise<RouteResponse>;
  readonly rewrite?: never;
}

interface Leading<Name, Config, Services> {
  /** One sentence. */
  readonly about: string;
  readonly rewrite: (
    call: RouteRequest<RouteParams<Name>, unknown>,
    tools: PluginContext<Config, Services>,
  ) => Promise<RouteRewrite>;
  readonly run?: never;
  readonly input?: never;
  readonly for?: never;
  readonly permission?: never;
  readonly responses?: never;
  readonly timeout?: never;
}

export interface RoutePermission {
  /** The object's path, `:name`s standing for what the route's path holds: `/buckets/:bucket/collections/:collection`. */
  readonly on: string;
  /** `read`, `write`, or that to create something in it, such as `record:create`. */
  readonly permission: "read" | "write" | `${string}:create`;
}

/** What a request is taken for: it is answered as the same request to another path, as the same user. */
export interface RouteRewrite {
  /** Without the version's prefix, percent-encoded. */
  readonly path: string;
  /** The body, where it is to be another. */
  readonly body?: Json | undefined;
  /** URIs of buckets and collections that are made for the asker in the same transaction, unless they are there; parents first. */
  readonly ensure?: readonly string[];
}

/** A request to a plugin's endpoint. */
export interface RouteRequest<Named = Readonly<Record<string, string>>, Input = unknown> {
  readonly method: string;
  /** Without the version's prefix, percent-encoded as it was written. */
  readonly path: string;
  readonly params: Named;
  /** What the route's `input` made of query and body. */
  readonly input: Input;
  /** What follows the question mark. */
  readonly query: string;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** Who asks; `null` for nobody in particular. */
  readonly user: string | null;
  /** The body; `undefined` when it is empty; throws what is wrong with it, which is then answered. */
  readonly jsonResponse: () => Json | undefined;
  /** Refuses those who are not logged in: throws what is answered to them. */
  readonly requireUser: () => string;
  /** Aborted when the route's time is up. */
  readonly signal: AbortSignal;
}

/** What a request is answered with. */
export interface RouteResponse {
  /** From 200 to 599. */
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** The text of the body, JSON unless `headers` give it another Content-Type; `null` for none. */
  readonly body: string | null;
}

/** What can be told as JSON; keys of `undefined` are left out. */
export type JsonSerializable =
  | null
  | boolean
  | number
  | string
  | readonly JsonSerializable[]
  | { readonly [key: string]: JsonSerializable | undefined };

/** An answer of JSON: `return json({ hello: "world" })`. */
export const json = (
  body: JsonSerializable,
  { status = 200, headers = {} }: { status?: number; headers?: Readonly<Record<string, string>> } = {},
): RouteResponse => ({
  status,
  headers,
  body: JSON.stringify(body),
});
