import type { JsonObject } from "../lib/json.ts";
import { truncateText } from "../lib/util/truncate-text.ts";

/**
 * Every error that an API response can carry: HTTP status, Kinto errno, title, default message.
 * Source: Kinto's `errors.rst` (HTTP API 1.23).
 */
export const ERRORS = {
  MISSING_AUTH_TOKEN: [401, 104, "Unauthorized", "Please authenticate yourself to use this endpoint."],
  INVALID_PARAMETERS: [400, 107, "Invalid parameters", "The request is invalid."],
  BAD_ENCODING: [400, 107, "Bad Request", "The query is not UTF-8 in percent-encoding. Please encode it in UTF-8."],
  INVALID_RESOURCE_ID: [404, 110, "Not Found", "The resource you are looking for could not be found."],
  MISSING_RESOURCE: [404, 111, "Not Found", "The resource you are looking for could not be found."],
  REQUEST_TOO_LARGE: [413, 113, "Request Entity Too Large", "The request is too large."],
  CONFLICT: [409, 122, "Conflict", "The request conflicts with the present state of the object."],
  MODIFIED_MEANWHILE: [412, 114, "Precondition Failed", "Resource was modified meanwhile"],
  VERSION_NOT_AVAILABLE: [404, 116, "Not Found", "The requested API version is not available on this server."],
  METHOD_NOT_ALLOWED: [405, 115, "Method Not Allowed", "Method not allowed on this endpoint."],
  NOT_ACCEPTABLE: [406, 107, "Invalid parameters", "None of the accepted media types can be served."],
  UNSUPPORTED_MEDIA_TYPE: [415, 107, "Invalid parameters", "The content type is not supported."],
  TOO_MANY_REQUESTS: [429, 117, "Too Many Requests", "There were too many requests. Please retry later."],
  INSUFFICIENT_STORAGE: [507, 121, "Insufficient Storage", "There is no storage left for the object."],
  FORBIDDEN: [403, 121, "Forbidden", "This user cannot access this resource."],
  UNDEFINED: [500, 999, "Internal Server Error", "A programmatic error occurred, developers have been informed."],
  SERVICE_DEPRECATED: [410, 202, "Gone", "The service you are trying to connect no longer exists at this location."],
  BACKEND: [
    503,
    201,
    "Service Unavailable",
    "Service temporary unavailable due to overloading or maintenance, please retry later.",
  ],
  INDEX_BEHIND: [
    504,
    201,
    "Gateway Timeout",
    "The search index has not reached the timestamp in time. Please retry later.",
  ],
} as const satisfies Record<string, readonly [status: number, errno: number, error: string, message: string]>;

export type ErrorName = keyof typeof ERRORS;

/** One problem in a request, as Kinto lists it in `details`. */
export interface RequestIssue {
  readonly location: "body" | "querystring" | "header" | "path" | "method";
  readonly name: string | null;
  readonly description: string;
}

interface FailureOptions {
  readonly message?: string;
  readonly details?: JsonObject | readonly RequestIssue[];
  readonly timestamp?: number;
  readonly headers?: Record<string, string>;
  readonly cause?: unknown;
}

/** An error of {@link ERRORS} that ends a request. */
export class Failure extends Error {
  readonly kind: ErrorName;
  readonly details: JsonObject | readonly RequestIssue[] | undefined;
  /** The timestamp of the object or list that a precondition was checked against, in epoch ms. */
  readonly timestamp: number | undefined;
  /** Additional response headers. */
  readonly headers: Readonly<Record<string, string>> | undefined;

  constructor(kind: ErrorName, options: FailureOptions = {}) {
    super(options.message ?? ERRORS[kind][3], { cause: options.cause });
    this.name = kind;
    this.kind = kind;
    this.details = options.details;
    this.timestamp = options.timestamp;
    this.headers = options.headers;
  }
}

/** A failure that a plugin throws to reject a request. */
export class Refusal extends Failure {}

/** Maximum number of issues in a response, and of characters of each: they quote what the client has sent. */
const MAX_ISSUES = 100;
const MAX_NAME_CHARS = 1000;
const MAX_DESCRIPTION_CHARS = 4000;

const shortenIssue = ({ location, name, description }: RequestIssue): RequestIssue => ({
  location,
  name: name === null ? null : truncateText(name, MAX_NAME_CHARS, "…"),
  description: truncateText(description, MAX_DESCRIPTION_CHARS, "…"),
});

/** Creates a 400 failure that lists the issues. Its message describes the first issue by name, worded as in Kinto. */
export const invalid = (...issues: readonly [RequestIssue, ...RequestIssue[]]): Failure => {
  const sorted = issues
    .slice(0, MAX_ISSUES)
    .map(shortenIssue)
    .toSorted((a, b) => String(a.name).localeCompare(String(b.name)));
  const [{ location, name, description }] = sorted as [RequestIssue, ...RequestIssue[]];
  const message =
    name === null
      ? `${location}: ${description}`
      : description.includes(name)
        ? description
        : `${name} in ${location}: ${description}`;
  return new Failure("INVALID_PARAMETERS", { message, details: sorted });
};

/** Returns an error's message for the log, without values that it quotes from a request. */
export const redactMessage = (error: Error): string => {
  if (!(error instanceof Failure) || !Array.isArray(error.details)) return error.message;
  const locations = (error.details as readonly RequestIssue[]).map(({ location, name }) =>
    name === null ? location : `${name} in ${location}`,
  );
  return `${ERRORS[error.kind][3]} (${locations.join(", ")})`;
};
