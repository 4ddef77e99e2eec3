import type { JsonObject } from "../lib/json.ts";
import { compileSchema } from "../lib/json-schema/validate.ts";

/** An answer, and what it answers. */
export interface Exchange {
  readonly method: string;
  /** As it was sent, without its query. */
  readonly path: string;
  /** The request's body, where it is JSON. */
  readonly asked?: unknown;
  readonly status: number;
  readonly headers: Headers;
  /** Parsed; `undefined` when it is empty. */
  readonly body: unknown;
}

type Check = (exchange: Exchange) => void;

/** The parts of an OpenAPI document that are read here. */
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

/** What is answered where the document says nothing: outside of its paths, and to methods that they do not have. */
const OUTSIDE = [307, 400, 404, 405, 410, 413, 503];
/** Search is a function of its own, and looks at who asks also where no plugin makes records findable. */
const SEARCH = [...OUTSIDE, 401, 403, 406, 415];
const OTHER_METHOD = [400, 401, 405, 410, 413, 503];
const PREFLIGHT = [200, 400, 410, 413];

/** Throws where an answer is none that the document of its own server tells of. @param api its root, with the version */
export const documented = async (api: string): Promise<Check> => {
  const response = await fetch(`${api}/__api__`);
  const text = await response.text();
  // After the end of the service nothing is told any more.
  if (response.status === 410) return () => undefined;
  if (!response.ok) throw new Error(`There is no document of ${api}: ${response.status} ${text}`);
  let check = checks.get(text);
  if (check === undefined) {
    check = checkOf(JSON.parse(text));
    checks.set(text, check);
  }
  return check;
};

/** By document: most stores have the same. */
const checks = new Map<string, Promise<Check>>();

const checkOf = async ({ servers: [{ url: prefix }], paths, components }: Document): Promise<Check> => {
  const templates = Object.keys(paths)
    .toSorted((a, b) => a.split("{").length - b.split("{").length)
    .map((path) => ({
      pattern: new RegExp(`^${prefix}${path.replace(/[.]/g, "\\.").replace(/\{\w+\}/g, "[^/]+")}$`),
      item: paths[path],
    }));
  const resolved = (response: Response): Response =>
    response.$ref === undefined ? response : (components.responses[nameIn(response.$ref)] as Response);
  const schemaOf = (response: Response): JsonObject | undefined => response.content?.["application/json"]?.schema;

  // One schema for all, so that it is made ready once.
  const keys = new Map<Response | string, string>();
  const properties: JsonObject = {};
  const add = (owner: Response | string, schema: JsonObject | undefined): void => {
    if (schema === undefined || keys.has(owner)) return;
    keys.set(owner, String(keys.size));
    properties[String(keys.size - 1)] = schema;
  };
  for (const [name, { schema }] of Object.entries(components.headers)) add(name, schema);
  for (const operation of Object.values(paths).flatMap((item) => Object.values(item))) {
    for (const response of Object.values(operation?.responses ?? {}).map(resolved)) add(response, schemaOf(response));
  }
  const compiled = await compileSchema({ properties, components: { schemas: components.schemas } });
  const flawOf = (owner: Response | string, value: unknown): string | undefined => {
    const issue = compiled.validate({ [keys.get(owner) ?? ""]: value } as JsonObject);
    return issue && `${issue.path.slice(1).join(".")}: ${issue.message}`;
  };

  const check: Check = (exchange) => {
    const { method, path, status, headers, body } = exchange;
    const refuse = (why: string): never => {
      throw new Error(
        `${method} ${path} is answered as the API's document does not tell: ${status}, ${why}\n${JSON.stringify(body)?.slice(0, 2000)}`,
      );
    };
    const item = templates.find(({ pattern }) => pattern.test(path))?.item;
    const operation = item?.[method.toLowerCase()];
    if (operation === undefined) {
      const outside = method === "POST" && path.endsWith("/search") ? SEARCH : OUTSIDE;
      const expected = item === undefined ? outside : method === "OPTIONS" ? PREFLIGHT : OTHER_METHOD;
      if (!expected.includes(status))
        refuse(item === undefined ? "on a path that it does not have" : "to a method that it does not have");
      if (status === 405 && headers.get("allow") === null) refuse("without Allow");
      return;
    }
    const found = operation.responses[status] ?? operation.responses[`${String(status).charAt(0)}XX`];
    if (found === undefined) return refuse("a status that it does not have");
    const response = resolved(found);
    for (const name of Object.keys(response.headers ?? {})) {
      const { required = false, schema } = components.headers[name] ?? { schema: {} };
      const value = headers.get(name);
      if (value === null && required) refuse(`without ${name}`);
      const flaw = value === null ? undefined : flawOf(name, schema.type === "string" ? value : Number(value));
      if (flaw !== undefined) refuse(`${name} ${value}: ${flaw}`);
    }
    const schema = schemaOf(response);
    if (method === "HEAD") return;
    if (schema === undefined) return body === undefined ? undefined : refuse("with a body");
    if (body === undefined) return Object.keys(schema).length === 0 ? undefined : refuse("without a body");
    const type = headers.get("content-type") ?? "";
    if (type !== "application/json") {
      const known = Object.keys(response.content ?? {}).filter((one) => one !== "application/json");
      if (!known.includes("*/*") && !known.includes(type.replace("; charset=utf-8", ""))) refuse(`as ${type}`);
      return;
    }
    const flaw = flawOf(response, body);
    if (flaw !== undefined) refuse(flaw);
    if (path === `${prefix}/batch`) for (const part of partsOf(exchange)) check(part);
  };
  return check;
};

/** What is answered to the requests of a batch. */
const partsOf = ({ asked, status, body }: Exchange): Exchange[] => {
  if (status !== 200 || typeof asked !== "object") return [];
  // The schema says so.
  const { requests = [], defaults } = asked as {
    requests?: readonly { method?: string }[];
    defaults?: { method?: string };
  };
  const { responses } = body as {
    responses: readonly { status: number; path: string; headers: Record<string, string>; body: unknown }[];
  };
  return responses.map((response, place) => ({
    ...response,
    method: requests[place]?.method ?? defaults?.method ?? "GET",
    path: encodeURI(response.path),
    headers: new Headers(response.headers),
    body: response.body === "" ? undefined : response.body,
  }));
};

const nameIn = (reference: string): string => reference.slice(reference.lastIndexOf("/") + 1);
