import { validateHeaderName, validateHeaderValue } from "node:http";
import { invalid, type RequestIssue } from "../../core/errors.ts";
import { accessDenied } from "../../core/objects/checks.ts";
import type { UserId } from "../../core/permissions/principals.ts";
import type { RouteRequest, RouteResponse } from "../../kit/parts/routes.ts";
import type { StandardSchema } from "../../kit/schema.ts";
import { describeIssues, listAlternatives, listTypes, propertySchema, toJsonSchema } from "../../kit/schema.ts";
import { isObject, type Json, type JsonObject, toExactNumber } from "../../lib/json.ts";
import { type HttpRequest, PREFIX, requireContentType } from "./request.ts";
import { type HttpResponse, httpResponse, isJson } from "./response.ts";

/** The signal of requests without a time limit. */
const NEVER_ABORTED = new AbortController().signal;

/** Converts a request for a plugin's route. @param params the parts of the path that the route's `:name`s match */
export const toRouteRequest = (
  { method, path, query, headers, address, json, bytes }: HttpRequest,
  user: UserId,
  params: Readonly<Record<string, string>>,
  {
    input,
    signal = NEVER_ABORTED,
    send,
    isActive = async () => false,
  }: { readonly input?: unknown; readonly signal?: AbortSignal } & Pick<RouteRequest, "send"> &
    Partial<Pick<RouteRequest, "isActive">>,
): RouteRequest => ({
  method,
  path: path.slice(PREFIX.length),
  params,
  query,
  headers,
  address,
  user,
  input,
  json,
  send,
  bytes: bytes ?? (() => Buffer.from(JSON.stringify(json() ?? ""))),
  signal,
  isActive,
  requireUser: () => requireUser(user),
});

/** Throws a 401 if the user is anonymous. */
export const requireUser = (user: UserId): string => {
  if (user === null) throw accessDenied({ user });
  return user;
};

/** Headers that the gateway writes itself. */
const GATEWAY_HEADERS: ReadonlySet<string> = new Set([
  "content-length",
  "transfer-encoding",
  "connection",
  "keep-alive",
  "trailer",
  "upgrade",
]);

/**
 * Checks and converts a plugin's response. Throws a TypeError, for the log, if it is not valid.
 * @param validBody a body that is known to be JSON
 */
export const pluginResponse = (
  { status, headers = {}, body }: RouteResponse,
  validBody: string | null = null,
): HttpResponse => {
  if (!Number.isInteger(status) || status < 200 || status > 599)
    throw new TypeError(`its status is ${String(status)}; return a number from 200 to 599.`);
  if (body !== null && typeof body !== "string" && !(body instanceof Uint8Array))
    throw new TypeError(`its body is a ${typeof body}; return text, bytes or null, or use json().`);
  const own: HttpResponse =
    typeof body === "object" && body !== null
      ? { ...httpResponse(status, null, { "Content-Type": "application/octet-stream" }), bytes: body }
      : httpResponse(status, body);
  // Of names that differ only in case, the last value counts, under the first spelling.
  const all = new Map(Object.entries(own.headers).map((header) => [header[0].toLowerCase(), header]));
  for (const [name, value] of Object.entries(headers)) {
    const key = requireHeader(name, value);
    all.set(key, [all.get(key)?.[0] ?? name, value]);
  }
  const response = { ...own, headers: Object.fromEntries(all.values()) };
  if (response.body !== null && response.body !== validBody && isJson(response)) requireJson(response.body);
  return response;
};

/** Completes a path in `Next-Page` to the URL that clients use. @param origin of clients, without the version prefix */
export const withNextPageUrl = (response: HttpResponse, origin: string): HttpResponse => {
  const [name, path] = Object.entries(response.headers).find(([key]) => key.toLowerCase() === "next-page") ?? [];
  return name !== undefined && typeof path === "string" && path.startsWith("/")
    ? { ...response, headers: { ...response.headers, [name]: `${origin}${PREFIX}${path}` } }
    : response;
};

/** Returns the name of a header in lower case; throws a TypeError if a plugin may not send it. */
const requireHeader = (name: string, value: unknown): string => {
  validateHeaderName(name);
  if (typeof value !== "string") throw new TypeError(`its header ${name} is a ${typeof value}; return text.`);
  validateHeaderValue(name, value);
  if (GATEWAY_HEADERS.has(name.toLowerCase()))
    throw new TypeError(`its header ${name} is written by the gateway; remove it.`);
  return name.toLowerCase();
};

const requireJson = (body: string): void => {
  try {
    JSON.parse(body);
  } catch {
    throw new TypeError("its body is not JSON; set the Content-Type header if it is something else.");
  }
};

/** Validates a request's query and body. Throws a 400 with every issue. */
export type ReadInput = (request: HttpRequest) => Promise<unknown>;

/** @param schema of `{ query, body }` */
export const inputReader = (schema: StandardSchema<unknown, unknown>): ReadInput => {
  const described = toJsonSchema(schema);
  const takes = (key: string): boolean =>
    !isObject(described?.properties) || propertySchema(described, key) !== undefined;
  const query = propertySchema(described, "query");
  return async (request) => {
    // Invalid JSON is an error even if the route takes no body.
    const body = request.json();
    if (takes("body") && body !== undefined) requireContentType(request);
    const input: JsonObject = {
      ...(takes("query") && { query: readQuery(request.query, query) }),
      ...(takes("body") && body !== undefined && { body }),
    };
    const result = await schema["~standard"].validate(input);
    if (result.issues === undefined) return result.value;
    const [first, ...others] = describeIssues(result.issues, input).map(toRequestIssue);
    throw first === undefined ? new TypeError("its input schema failed without an issue") : invalid(first, ...others);
  };
};

const toRequestIssue = ({
  steps: [part, ...steps],
  description,
}: ReturnType<typeof describeIssues>[number]): RequestIssue => ({
  location: part === "query" ? "querystring" : "body",
  name: steps.join("."),
  description,
});

/**
 * Reads a query as data: text, an array if a name occurs several times or the schema wants one, and numbers and
 * booleans where the schema wants them.
 */
export const readQuery = (query: string, schema: JsonObject | undefined): JsonObject => {
  const byName = Map.groupBy(new URLSearchParams(query), ([name]) => name);
  // `fromEntries` makes own properties of all names, `__proto__` too.
  return Object.fromEntries(
    [...byName].map(([name, pairs]) => {
      const property = propertySchema(schema, name);
      const array = property && listAlternatives(property).find(({ type }) => type === "array");
      const [first = "", ...others] = pairs.map(([, value]) => value);
      if (array === undefined && others.length === 0) return [name, readValue(first, property)];
      const item = array === undefined ? property : isObject(array.items) ? array.items : undefined;
      return [name, [first, ...others].map((value) => readValue(value, item))];
    }),
  );
};

/** Reads text as the number or boolean that the schema wants; returns the text if it is neither, or text is allowed. */
const readValue = (text: string, schema: JsonObject | undefined): Json => {
  const types = schema === undefined ? [] : listTypes(schema);
  if (types.includes("string")) return text;
  if (types.includes("boolean") && (text === "true" || text === "false")) return text === "true";
  return types.includes("number") || types.includes("integer") ? (parseExactNumber(text) ?? text) : text;
};

/** Parses a JSON number; returns `undefined` if it would have to be rounded. */
const parseExactNumber = (text: string): number | bigint | undefined => {
  const number = /^-?\d{1,38}(\.\d{1,30})?([eE][+-]?\d{1,3})?$/.test(text)
    ? toExactNumber(Number(text), text)
    : Number.NaN;
  if (typeof number === "bigint" || Number.isSafeInteger(number)) return number;
  return Number.isFinite(number) && !Number.isInteger(number) ? number : undefined;
};
