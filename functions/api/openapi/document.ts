import type { Api } from "../../../app/api.ts";
import { SEARCH_ROUTE } from "../../../app/topology.ts";
import { RESOURCES } from "../../../core/resources.ts";
import type { Endpoint } from "../call.ts";
import { PREFIX } from "../routes.ts";
import { ALWAYS, failureAnswers, failureName, statusOf } from "./failures.ts";
import { HEADERS } from "./headers.ts";
import { type Answered, type Operation, ref, type Schema } from "./operation.ts";
import { SEARCH } from "./pages.ts";
import { parameters } from "./parameters.ts";
import { schemas } from "./schemas.ts";

type Described = Pick<Api, "settings" | "plugins" | "telling" | "version">;

/** The OpenAPI 3.1 document of what is answered with these settings and plugins. @param endpoints by path, such as `/buckets/:id`; of two at one place the first answers */
export const openApiDocument = (api: Described, endpoints: ReadonlyMap<string, Endpoint>) => {
  const { settings, version, telling } = api;
  const operations = [...ofEndpoints(settings.readonly, endpoints), ...ofSearch(api)];
  const frame = frameHeaders(api);
  const response = (answered: Answered): Schema => responseOf(answered, frame);
  const schemes = telling.challenges.map(schemeOf);
  return {
    openapi: "3.1.1",
    info: { title: settings.projectName, version: settings.projectVersion ?? version, description: ABOUT },
    externalDocs: { url: settings.projectDocs },
    servers: [{ url: PREFIX }],
    // Nobody has to log in; who does may do more.
    security: [{}, ...schemes.map((scheme) => ({ [scheme]: [] }))],
    tags: [...new Set(operations.map(({ operation }) => operation.tag))].map((name) => ({ name })),
    paths: Object.fromEntries(
      [...Map.groupBy(operations, ({ path }) => path)].map(([path, all]) => [
        path,
        {
          ...parametersIn(path),
          ...Object.fromEntries(
            all.map(({ method, operation }) => [method.toLowerCase(), operationOf(method, operation, settings.eos !== undefined, response)]),
          ),
        },
      ]),
    ),
    components: {
      schemas: schemas(),
      parameters: parameters(),
      headers: HEADERS,
      responses: Object.fromEntries([...failureAnswers(telling.challenges)].map(([status, answered]) => [failureName(status), response(answered)])),
      securitySchemes: Object.fromEntries(schemes.map((scheme) => [scheme, { type: "http", scheme }])),
    },
  };
};

const ABOUT =
  "OPTIONS is answered to browsers (CORS); other methods that are not listed are a 405, other paths a 404, or a 307 to where they may have been meant for.";

interface Placed {
  /** As OpenAPI writes it: `/buckets/{id}`. */
  readonly path: string;
  readonly method: string;
  readonly operation: Operation;
}

/** A path that leads wherever (`*`), and one that others lead to as well, stand for what is described there. */
const ofEndpoints = (readonly: boolean, endpoints: ReadonlyMap<string, Endpoint>): Placed[] => {
  const paths = [...endpoints.keys()];
  const own = paths.filter((path) => !path.includes("*") && !paths.some((other) => other !== path && patternOf(other).test(path)));
  return own.flatMap((path) =>
    Object.entries(endpoints.get(path) ?? {}).flatMap(([method, { describe }]) => {
      if (describe === undefined || (readonly && method !== "GET" && method !== "HEAD")) return [];
      return [{ path: templateOf(path), method, operation: describe(method) }];
    }),
  );
};

const patternOf = (path: string): RegExp => new RegExp(`^${path.replace(/[.*+?()[\]{}|\\^$]/g, "\\$&").replace(/:\w+/g, "[^/:]+")}$`);

/** Search stands beside this function, wherever its plugin is active. */
const ofSearch = ({ plugins }: Described): Placed[] => {
  const [method = "", path = ""] = SEARCH_ROUTE.split(" ");
  return plugins.some(({ capability }) => capability === "search") ? [{ path: templateOf(path.slice(PREFIX.length)), method, operation: SEARCH }] : [];
};

const templateOf = (path: string): string => path.replace(/:(\w+)|\{(\w+)\}/g, (_, colon, braced) => `{${parameterName(colon ?? braced)}}`);
const parameterName = (name: string): string => (Object.hasOwn(RESOURCES, name) ? `${name}_id` : name);

const parametersIn = (path: string) => {
  const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
  return names.length > 0 && { parameters: names.map((name) => ({ name, in: "path", required: true, schema: ref("Id") })) };
};

/** Of every answer, where settings say so. */
const frameHeaders = ({ settings }: Described): readonly string[] => [
  ...(settings.backoff === undefined ? [] : ["Backoff"]),
  ...(settings.eos === undefined ? [] : ["Alert"]),
];

const operationOf = (method: string, operation: Operation, ends: boolean, response: (answered: Answered) => Schema) => {
  const { id, tag, about, body, answers, fails = [] } = operation;
  const isHead = method === "HEAD";
  const statuses = [...ALWAYS, ...fails, ...(ends ? (["SERVICE_DEPRECATED"] as const) : [])].map(statusOf);
  const told = Object.entries(answers).map(([status, { schema, ...others }]) => [
    status,
    response(isHead || schema === undefined ? others : { ...others, schema }),
  ]);
  // Where a class of statuses is told of, it stands for each of them.
  const untold = statuses.filter((status) => !(`${String(status).charAt(0)}XX` in answers));
  return {
    operationId: isHead ? id.replace(/^(get_)?/, "head_") : id,
    tags: [tag],
    summary: about,
    ...(operation.parameters !== undefined && { parameters: operation.parameters.map((name) => ({ $ref: `#/components/parameters/${name}` })) }),
    ...(body !== undefined && { requestBody: { content: contentOf(body) } }),
    responses: {
      ...Object.fromEntries(untold.map((status) => [status, { $ref: `#/components/responses/${failureName(status)}` }])),
      ...Object.fromEntries(told),
    },
  };
};

const responseOf = ({ about, headers = [], schema }: Answered, frame: readonly string[]): Schema => {
  const names = [...new Set([...headers, ...frame])];
  return {
    description: about,
    ...(names.length > 0 && { headers: Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }])) }),
    ...(schema !== undefined && { content: contentOf({ "application/json": schema }) }),
  };
};

const contentOf = (schemasByType: Readonly<Record<string, Schema>>): Schema =>
  Object.fromEntries(Object.entries(schemasByType).map(([type, schema]) => [type, { schema }]));

/** The scheme of a `WWW-Authenticate`, such as `basic`. */
const schemeOf = (challenge: string): string => (challenge.trim().split(" ", 1)[0] ?? "").toLowerCase();
