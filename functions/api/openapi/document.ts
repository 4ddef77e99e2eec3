import { JSON_TYPE } from "../../http/answer.ts";
import { PREFIX } from "../../http/prefix.ts";
import type { Api } from "../app.ts";
import type { Endpoint } from "../call.ts";
import { ALWAYS, failureAnswers, failureName, statusOf } from "./failures.ts";
import { HEADERS } from "./headers.ts";
import { type Answered, type Operation, ref, type Schema } from "./operation.ts";
import { operationsOf } from "./operations.ts";
import { parameters } from "./parameters.ts";
import { schemas } from "./schemas.ts";

type Described = Pick<Api, "settings" | "plugins" | "telling" | "types" | "version" | "world">;

/** The OpenAPI 3.1 document of what is answered with these settings and plugins. @param endpoints by path, such as `/buckets/:id` */
export const openApiDocument = (api: Described, endpoints: ReadonlyMap<string, Endpoint>) => {
  const { settings, version, telling } = api;
  const placed = operationsOf(api, endpoints);
  const schemes = [...new Set(telling.challenges.map(schemeOf))];
  const frame = frameOf(api);
  return {
    openapi: "3.1.1",
    info: { title: settings.projectName, version: settings.projectVersion ?? version, description: ABOUT },
    externalDocs: { url: settings.projectDocs },
    servers: [{ url: PREFIX }],
    // Nobody has to log in; who does may do more.
    security: [{}, ...schemes.map((scheme) => ({ [scheme]: [] }))],
    tags: [...new Set(placed.map(({ operation }) => operation.tag))].map((name) => ({ name })),
    paths: Object.fromEntries(
      [...Map.groupBy(placed, ({ path }) => path)].map(([path, all]) => [
        path,
        {
          ...parametersIn(path),
          ...Object.fromEntries(
            all.map(({ method, operation }) => [method.toLowerCase(), shown(method, operation, frame)]),
          ),
        },
      ]),
    ),
    components: {
      schemas: schemas(api.world.resources),
      parameters: parameters(),
      headers: HEADERS,
      responses: Object.fromEntries(
        [...failureAnswers(telling.challenges)].map(([status, answered]) => [
          failureName(status),
          response(answered, frame),
        ]),
      ),
      securitySchemes: Object.fromEntries(schemes.map((scheme) => [scheme, { type: "http", scheme }])),
    },
  };
};

const ABOUT =
  "OPTIONS is answered to browsers (CORS); other methods that are not listed are a 405, other paths a 404, or a 307 to where they may have been meant for.";

/** The failures by which a plugin may refuse a change, beside those that every answer may be. */
const REFUSED = ["MISSING_AUTH_TOKEN", "FORBIDDEN", "MISSING_RESOURCE", "CONFLICT", "MODIFIED_MEANWHILE"] as const;

/** What every answer may be or bring. */
interface Frame {
  readonly statuses: readonly number[];
  /** What hooks may refuse changes by. */
  readonly refusals: readonly number[];
  readonly headers: readonly string[];
  /** Media types that plugins write it in. */
  readonly types: readonly string[];
}

const frameOf = ({ settings, types, world }: Described): Frame => {
  const ends = settings.eos !== undefined;
  return {
    statuses: [...ALWAYS, ...(ends ? (["SERVICE_DEPRECATED"] as const) : [])].map(statusOf),
    refusals: world.hooks === undefined ? [] : REFUSED.map(statusOf),
    headers: [...(settings.backoff === undefined ? [] : ["Backoff"]), ...(ends ? ["Alert"] : [])],
    types: types.filter((type) => type !== JSON_TYPE),
  };
};

const parametersIn = (path: string) => {
  const names = [...path.matchAll(/\{(\w+)\}/g)].flatMap(([, name]) => name ?? []);
  return (
    names.length > 0 && {
      parameters: names.map((name) => ({
        name,
        in: "path",
        required: true,
        schema: /(^|_)id$/.test(name) ? ref("Id") : STRING,
      })),
    }
  );
};
const STRING: Schema = { type: "string" };

/** An operation as the document shows it. */
const shown = (
  method: string,
  { id, tag, about, parameters: names, own = [], body, requiresBody = false, answers, fails = [] }: Operation,
  frame: Frame,
): Schema => {
  const isHead = method === "HEAD";
  // Where a class of statuses is told of, it stands for each of them.
  const refusals = /^(GET|HEAD)$/.test(method) ? [] : frame.refusals;
  const failures = [...frame.statuses, ...refusals, ...fails.map(statusOf)].filter(
    (status) => !(`${String(status).charAt(0)}XX` in answers),
  );
  return {
    operationId: isHead ? id.replace(/^(get_)?/, "head_") : id,
    tags: [tag],
    summary: about,
    ...((names !== undefined || own.length > 0) && {
      parameters: [...(names ?? []).map((name) => ({ $ref: `#/components/parameters/${name}` })), ...own],
    }),
    ...(body !== undefined && { requestBody: { ...(requiresBody && { required: true }), content: content(body) } }),
    responses: {
      ...Object.fromEntries(
        failures.map((status) => [status, { $ref: `#/components/responses/${failureName(status)}` }]),
      ),
      ...Object.fromEntries(
        Object.entries(answers).map(([status, answered]) => [status, response(answered, frame, isHead)]),
      ),
    },
  };
};

const response = (
  { about, headers = [], schema, isAnyType = false }: Answered,
  frame: Frame,
  isHead = false,
): Schema => {
  const names = [...new Set([...headers, ...frame.headers])];
  return {
    description: about,
    ...(names.length > 0 && {
      headers: Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }])),
    }),
    ...(schema !== undefined &&
      !isHead && { content: content({ [JSON_TYPE]: schema, ...written(frame), ...(isAnyType && { "*/*": {} }) }) }),
  };
};

const written = ({ types }: Frame): Readonly<Record<string, Schema>> =>
  Object.fromEntries(types.map((type) => [type, STRING]));

const content = (schemasByType: Readonly<Record<string, Schema>>): Schema =>
  Object.fromEntries(Object.entries(schemasByType).map(([type, schema]) => [type, { schema }]));

/** The scheme of a `WWW-Authenticate`, such as `basic`. */
const schemeOf = (challenge: string): string => (challenge.trim().split(" ", 1)[0] ?? "").toLowerCase();
