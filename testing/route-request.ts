import { accessDenied } from "../core/objects/checks.ts";
import type { RouteRequest } from "../kit/parts/routes.ts";
import type { Json } from "../lib/json.ts";

/**
 * The fields that a test sets of a request; the others are empty.
 * @example
 * const input: RouteRequestInput<{ id: string }, undefined> = { path: "/notes/1", params: { id: "1" } };
 */
export interface RouteRequestInput<Named, Input> {
  readonly method?: string;
  /** Without the version prefix. */
  readonly path: string;
  /** The parameters of the route's path. */
  readonly params?: Named;
  readonly query?: string | Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Json;
  /** The bytes of the body; those of its JSON when absent. */
  readonly bytes?: Uint8Array;
  /** Answers the requests that the route sends to the store; a 404 for each when absent. */
  readonly send?: RouteRequest["send"];
  /** Query and body as the route's `input` parses them. */
  readonly input?: Input;
  /** The client's IP address; `null` when absent. */
  readonly address?: string | null;
  /** The user's id, such as `testuser:alice`; anonymous when absent. */
  readonly user?: string | null;
  /** Whether the user has been the same since a time; absent: true for a user, false for an anonymous request. */
  readonly isActive?: RouteRequest["isActive"];
  readonly signal?: AbortSignal;
}

/**
 * Creates a request, for tests of a route without a store.
 * @example
 * const request = createRouteRequest({ path: "/hello/ada", params: { name: "ada" }, user: "testuser:alice" });
 */
export const createRouteRequest = <Named = Readonly<Record<never, string>>, Input = undefined>(
  init: RouteRequestInput<Named, Input>,
): RouteRequest<Named, Input> => {
  const {
    method = "GET",
    path,
    params,
    query = "",
    headers = {},
    body,
    bytes = Buffer.from(body === undefined ? "" : JSON.stringify(body)),
    send = async () => ({ status: 404, headers: {}, body: undefined }),
    input,
    address = null,
    user = null,
    isActive = async () => user !== null,
    signal = new AbortController().signal,
  } = init;
  return {
    method,
    path,
    // Absent parameters have an empty type.
    params: (params ?? {}) as Named,
    input: input as Input,
    query: typeof query === "string" ? query : new URLSearchParams(query).toString(),
    headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])),
    address,
    user,
    json: () => body,
    bytes: () => bytes,
    send,
    isActive,
    requireUser: () => {
      if (user === null) throw accessDenied({ user });
      return user;
    },
    signal,
  };
};
