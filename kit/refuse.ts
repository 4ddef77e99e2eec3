import { ERRORS, type ErrorName, Refusal } from "../core/errors.ts";

/** Statuses with which a plugin can reject a request. */
const REFUSALS = {
  400: "INVALID_PARAMETERS",
  401: "MISSING_AUTH_TOKEN",
  403: "FORBIDDEN",
  404: "MISSING_RESOURCE",
  409: "CONFLICT",
  412: "MODIFIED_MEANWHILE",
  413: "REQUEST_TOO_LARGE",
  429: "TOO_MANY_REQUESTS",
  503: "BACKEND",
  507: "INSUFFICIENT_STORAGE",
} as const satisfies Record<number, ErrorName>;

interface RefusalOptions {
  /** Response headers, such as `WWW-Authenticate` or `Retry-After`. */
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * Creates the error to throw from a part that rejects a request.
 * @example
 * const check = (day: number): void => {
 *   if (day === 0) throw refuse(403, "Not on Sundays.");
 *   if (day === 6) throw refuse(429, "Too many requests on Saturdays.", { headers: { "Retry-After": "86400" } });
 * };
 */
export const refuse = (status: keyof typeof REFUSALS, message?: string, { headers }: RefusalOptions = {}): Error => {
  if (!Object.hasOwn(REFUSALS, status))
    throw new TypeError(`refuse(${String(status)}): use one of the statuses ${Object.keys(REFUSALS).join(", ")}.`);
  const kind = REFUSALS[status];
  return new Refusal(kind, { message: message ?? ERRORS[kind][3], ...(headers && { headers }) });
};
