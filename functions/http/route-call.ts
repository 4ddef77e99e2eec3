import { denied } from "../../core/objects/access.ts";
import type { UserId } from "../../core/permissions/principals.ts";
import type { RouteCall } from "../../kit/route.ts";
import { PREFIX } from "./prefix.ts";
import type { HttpRequest } from "./request.ts";

/** Of what may take all the time it wants. */
const NEVER = new AbortController().signal;

/** A request as a plugin's route gets it. @param params what stands in the path for its `:name`s @param made what its input and its time are */
export const routeCall = (
  { method, path, query, headers, json }: HttpRequest,
  user: UserId,
  params: Readonly<Record<string, string>>,
  { input, signal = NEVER }: { readonly input?: unknown; readonly signal?: AbortSignal } = {},
): RouteCall => ({
  method,
  path: path.slice(PREFIX.length),
  params,
  query,
  headers,
  user,
  input,
  json,
  signal,
  requireUser: () => requireUser(user),
});

/** Refuses those who are not logged in. */
export const requireUser = (user: UserId): string => {
  if (user === null) throw denied({ user });
  return user;
};
