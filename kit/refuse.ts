import { ERRORS, type ErrorName, Refusal } from "../core/errors.ts";

/** Statuses by which a plugin may refuse a request. */
const REFUSALS = {
  400: "INVALID_PARAMETERS",
  401: "MISSING_AUTH_TOKEN",
  403: "FORBIDDEN",
  404: "MISSING_RESOURCE",
  409: "CONFLICT",
  412: "MODIFIED_MEANWHILE",
  413: "REQUEST_TOO_LARGE",
  503: "BACKEND",
} as const satisfies Record<number, ErrorName>;

/** What to throw to have a request refused, with a status and a message of one's own: `throw refuse(403, "Not on Sundays.")`. */
export const refuse = (status: keyof typeof REFUSALS, message?: string): Error => {
  if (!Object.hasOwn(REFUSALS, status))
    throw new TypeError(`refuse(${String(status)}): a request is refused by ${Object.keys(REFUSALS).join(", ")}.`);
  const kind = REFUSALS[status];
  return new Refusal(kind, { message: message ?? ERRORS[kind][3] });
};
