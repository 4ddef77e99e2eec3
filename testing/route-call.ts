import { accessDenied } from "../core/objects/checks.ts";
import type { RouteRequest } from "../kit/parts/routes.ts";
import type { Json } from "../lib/json.ts";

/** What a test says of a request; what it does not say is empty. */
export interface RouteRequestInput<Named, Input> {
  readonly method?: string;
  /** Without the version's prefix. */
  readonly path: string;
  /** What the route's path holds for its `:name`s. */
  readonly params?: Named;
  readonly query?: string | Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Json;
  /** What the route's `input` makes of query and body. */
  readonly input?: Input;
  /** A user's id, such as `testuser:alice`; nobody in particular when absent. */
  readonly user?: string | null;
  readonly signal?: AbortSignal;
}

/** A request as a plugin's route gets it, for tests of a route without a store. */
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
    input,
    user = null,
    signal = new AbortController().signal,
  } = init;
  return {
    method,
    path,
    // Where they are absent, their types say that there are none.
    params: (params ?? {}) as Named,
    input: input as Input,
    query: typeof query === "string" ? query : new URLSearchParams(query).toString(),
    headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])),
    user,
    json: () => body,
    requireUser: () => {
      if (user === null) throw accessDenied({ user });
      return user;
    },
    signal,
  };
};
