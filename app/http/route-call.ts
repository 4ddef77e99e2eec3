import { denied } from "../../core/objects/access.ts";
import type { UserId } from "../../core/permissions/principals.ts";
import type { RouteCall } from "../../kit/route.ts";
import { PREFIX } from "./prefix.ts";
import type { HttpRequest } from "./request.ts";

/** Of what may take all the time it wants. */
const NEVER = new AbortController().signal;

/** A request as a plugin's route gets it. @param params what stands in the path for its `:name`s */
export const routeCall = ({ method, path, query, headers, json }: HttpRequest, user: UserId, params: Readonly<Record<string, string>>): RouteCall => ({
  method,
  path: path.slice(PREFIX.length),
  params,
  query,
  headers,
  user,
  input: undefined,
  json,
  signal: NEVER,
  requireUser: () => {
    if (user === null) throw denied({ user });
    return user;
  },
});
