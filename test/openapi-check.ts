import type { JsonObject } from "../lib/json.ts";
import { compileSchema } from "../lib/json-schema/validate.ts";

/** A request and its response. */
export interface Exchange {
  readonly method: string;
  /** Path without the query. */
  readonly path: string;
  /** Parsed body of the request; `undefined` unless it is JSON. */
  readonly requestBody?: unknown;
  readonly status: number;
  readonly headers: Headers;
  /** Parsed body of the response; `undefined` if it is empty. */
  readonly body: unknown;
}

type Check = (exchange: Exchange) => void;

/** The parts of an OpenAPI document that the check reads. */
interface Document {
  readonly servers: readonly [{ readonly url: string }];
  readonly paths: Readonly<
    Record<string, Readonly<Record<string, { readonly responses: Readonly<Record<string, Response>> } | undefined>>>
  >;
  readonly components: {
    readonly schemas: JsonObject;
    readonly headers: Readonly<Record<string, { readonly required?: boolean; readonly schema: JsonObject }>>;
    readonly responses: Readonly<Record<string, Response>>;
  };
}

interface Response {
  readonly $ref?: string;
  readonly headers?: Readonly<Record<string, unknown>>;
  readonly content?: Readonly<Record<string, { readonly schema: JsonObject }>>;
}

/** Allowed statuses of paths that are not in the document. */
const UNKNOWN_PATH_STATUSES = [307, 400, 404, 405, 410, 413, 503];
/** Allowed statuses of methods that are not in the document. */
const UNKNOWN_METHOD_STATUSES = [400, 401, 405, 410, 413, 503];
const PREFLIGHT_STATUSES = [200, 400, 410, 413, 405];

/**
 * Creates a check that throws if a response differs from the OpenAPI document of its server.
 * @param api the root URL, with the version
 */
export const createResponseCheck = async (api: string): Promise<Check> => {
  const response = await fetch(`${api}/__api__`);
  const text = await response.text();
  // A store past its end-of-service date returns 410 and has no document.
  if (response.status === 410) return () => undefined;
  if (!response.ok) throw new Error(`${api}/__api__ returned ${response.status}: ${text}`);
  let check = checks.get(text);
  if (check === undefined) {
    check = compileCheck(JSON.parse(text));
    checks.set(text, check);
  }
  return check;
};

/** Compiled checks by document. Most stores have the same document, and compilation is slow. */
const checks = new Map<string, Promise<Check>>();

const compileCheck = async ({ servers: [{ url: prefix }], paths, components }: Document): Promise<Check> => {
  const templates = Object.keys(paths)
    .toSorted((a, b) => a.split("{").length - b.split("{").length)
    .map((path) => ({
      pattern: new RegExp(`^${prefix}${path.replace(/[.]/g, "\\.").replace(/\{\w+\}/g, "[^/]+")}$`),
      item: paths[path],
    }));
  const resolveResponse = (response: Response): Response =>
    response.$ref === undefined ? response : (components.responses[componentName(response.$ref)] as Response);
  const jsonSchema = (response: Response): JsonObject | undefined => response.content?.["application/json"]?.schema;

  // Combines all schemas into one, so that it is compiled once.
  const keys = new Map<Response | string, string>();
  const properties: JsonObject = {};
  const add = (owner: Response | string, schema: JsonObject | undefined): void => {
    if (schema === undefined || keys.has(owner)) return;
    keys.set(owner, String(keys.size));
    properties[String(keys.size - 1)] = schema;
  };
  for (const [name, { schema }] of Object.entries(components.headers)) add(name, schema);
  for (const operation of Object.values(paths).flatMap((item) => Object.values(item))) {
    for (const response of Object.values(operation?.responses ?? {}).map(resolveResponse))
      add(response, jsonSchema(response));
  }
  const compiled = await compileSchema({ properties, components: { schemas: components.schemas } });
  const findIssue = (owner: Response | string, value: unknown): string | undefined => {
    const issue = compiled.validate({ [keys.get(owner) ?? ""]: value } as JsonObject);
    return issue && `${issue.path.slice(1).join(".")}: ${issue.message}`;
  };

  const check: Check = (exchange) => {
    const { method, path, status, headers, body } = exchange;
    const fail = (reason: string): never => {
      const bodyExcerpt = JSON.stringify(body)?.slice(0, 2000);
      throw new Error(`${method} ${path} returned an undocumented response: ${status}, ${reason}\n${bodyExcerpt}`);
    };
    const item = templates.find(({ pattern }) => pattern.test(path))?.item;
    const operation = item?.[method.toLowerCase()];
    if (operation === undefined) {
      const expected =
        item === undefined
          ? UNKNOWN_PATH_STATUSES
          : method === "OPTIONS"
            ? PREFLIGHT_STATUSES
            : UNKNOWN_METHOD_STATUSES;
      if (!expected.includes(status)) fail(item === undefined ? "unknown path" : "unknown method");
      if (status === 405 && headers.get("allow") === null) fail("without Allow");
      return;
    }
    const documented = operation.responses[status] ?? operation.responses[`${String(status).charAt(0)}XX`];
    if (documented === undefined) return fail("unknown status");
    const response = resolveResponse(documented);
    for (const name of Object.keys(response.headers ?? {})) {
      const { required = false, schema } = components.headers[name] ?? { schema: {} };
      const value = headers.get(name);
      if (value === null && required) fail(`without ${name}`);
      const issue = value === null ? undefined : findIssue(name, schema.type === "string" ? value : Number(value));
      if (issue !== undefined) fail(`${name} ${value}: ${issue}`);
    }
    const schema = jsonSchema(response);
    if (method === "HEAD") return;
    if (schema === undefined) return body === undefined ? undefined : fail("with a body");
    if (body === undefined) return Object.keys(schema).length === 0 ? undefined : fail("without a body");
    const type = headers.get("content-type") ?? "";
    if (type !== "application/json") {
      const mediaTypes = Object.keys(response.content ?? {}).filter((mediaType) => mediaType !== "application/json");
      if (!mediaTypes.includes("*/*") && !mediaTypes.includes(type.replace("; charset=utf-8", ""))) fail(`as ${type}`);
      return;
    }
    const issue = findIssue(response, body);
    if (issue !== undefined) fail(issue);
    if (path === `${prefix}/batch`) for (const part of splitBatch(exchange)) check(part);
  };
  return check;
};

/** Returns the requests of a batch with their responses. */
const splitBatch = ({ requestBody, status, body }: Exchange): Exchange[] => {
  if (status !== 200 || typeof requestBody !== "object") return [];
  // The check of the batch itself has already validated its bodies.
  const { requests = [], defaults } = requestBody as {
    requests?: readonly { method?: string }[];
    defaults?: { method?: string };
  };
  const { responses } = body as {
    responses: readonly { status: number; path: string; headers: Record<string, string>; body: unknown }[];
  };
  return responses.map((response, index) => ({
    ...response,
    method: requests[index]?.method ?? defaults?.method ?? "GET",
    path: encodeURI(response.path),
    headers: new Headers(response.headers),
    body: response.body === "" ? undefined : response.body,
  }));
};

const componentName = (reference: string): string => reference.slice(reference.lastIndexOf("/") + 1);
