import type { Resources } from "../../../core/resources.ts";
import type { Operation, OperationResponse, Schema } from "../../http/operation.ts";
import { JSON_TYPE, PREFIX } from "../../http/request.ts";
import type { ApiApp } from "../app.ts";
import type { ApiEndpoint } from "../routes.ts";
import { COMMON_ERRORS, errorResponseName, errorResponses, HEADERS, parameters, statusOf } from "./components.ts";
import { operationsOf } from "./operations.ts";
import { idRef, schemas } from "./schemas.ts";
import { tagsOf } from "./tags.ts";

type Described = Pick<
  ApiApp,
  "settings" | "plugins" | "errors" | "mediaTypes" | "version" | "storeContext" | "authenticator"
>;

/**
 * The OpenAPI 3.1 document of the API with these settings and plugins.
 *
 * @param endpoints by path, such as `/buckets/:id`
 */
export const openApiDocument = (api: Described, endpoints: ReadonlyMap<string, ApiEndpoint>) => {
  const { settings, version, errors } = api;
  const operations = operationsOf(api, endpoints);
  const { schemes } = api.authenticator;
  const common = commonOf(api);
  return {
    openapi: "3.1.1",
    info: { title: settings.projectName, version: settings.projectVersion ?? version, description: ABOUT },
    externalDocs: { url: settings.projectDocs },
    servers: [{ url: PREFIX }],
    // Authentication is optional.
    security: [{}, ...schemes.map((scheme) => ({ [scheme]: [] }))],
    tags: tagsOf(api, operations),
    paths: Object.fromEntries(
      [...Map.groupBy(operations, ({ path }) => path)].map(([path, all]) => [
        path,
        {
          ...parametersIn(path, api.storeContext.resources),
          ...Object.fromEntries(
            all.map(({ method, operation }) => [method.toLowerCase(), toOperationObject(method, operation, common)]),
          ),
        },
      ]),
    ),
    components: {
      schemas: schemas(api.storeContext.resources),
      parameters: parameters(),
      headers: HEADERS,
      responses: Object.fromEntries(
        [...errorResponses(errors.challenges)].map(([status, one]) => [
          errorResponseName(status),
          response(one, common),
        ]),
      ),
      securitySchemes: Object.fromEntries(schemes.map((scheme) => [scheme, { type: "http", scheme }])),
    },
  };
};

const ABOUT =
  "Stores JSON objects: records in collections in buckets, with permissions for users and groups. Responses contain what the user may read; requests without the header Authorization are anonymous. Timestamps are in milliseconds since 1970. An ETag is a timestamp in quotes: send it in If-Match to change an object only if it has not changed since.\n\nOPTIONS requests get CORS headers. Other methods that are not listed get a 405; other paths get a 404, or a 307 if they lack the version or end in a slash.";

/** Errors with which a plugin can reject a change, besides the common ones. */
const HOOK_ERRORS = ["MISSING_AUTH_TOKEN", "FORBIDDEN", "MISSING_RESOURCE", "CONFLICT", "MODIFIED_MEANWHILE"] as const;

/** Errors with which a plugin that identifies users can refuse any request. */
const AUTHENTICATION_ERRORS = ["MISSING_AUTH_TOKEN", "FORBIDDEN", "TOO_MANY_REQUESTS"] as const;

/** What all operations have in common. */
interface Common {
  readonly statuses: readonly number[];
  /** The statuses with which hooks can reject a change. */
  readonly hookStatuses: readonly number[];
  readonly headers: readonly string[];
  /** Media types of plugins' renderers. */
  readonly types: readonly string[];
}

const commonOf = ({ settings, mediaTypes, storeContext, errors }: Described): Common => {
  const ends = settings.eos !== undefined;
  const common = [
    ...COMMON_ERRORS,
    ...(errors.challenges.length > 0 ? AUTHENTICATION_ERRORS : []),
    ...(ends ? (["SERVICE_DEPRECATED"] as const) : []),
  ];
  return {
    statuses: common.map(statusOf),
    hookStatuses: storeContext.hooks === undefined ? [] : HOOK_ERRORS.map(statusOf),
    headers: [...(settings.backoff === undefined ? [] : ["Backoff"]), ...(ends ? ["Alert"] : [])],
    types: mediaTypes.filter((type) => type !== JSON_TYPE),
  };
};

const parametersIn = (path: string, { all }: Resources) => {
  const found = [...path.matchAll(/([\w-]+)\/\{(\w+)\}/g)];
  return (
    found.length > 0 && {
      parameters: found.map(([, plural, name = ""]) => {
        const resource = all.find((one) => one.plural === plural);
        const isId = /(^|_)id$/.test(name);
        return {
          name,
          in: "path",
          required: true,
          ...(isId && resource && { description: `The id of the ${resource.name}.` }),
          schema: isId ? idRef(resource ?? NO_RESOURCE) : STRING,
        };
      }),
    }
  );
};
const NO_RESOURCE = { plugin: undefined };
const STRING: Schema = { type: "string" };

/** Converts an operation to its object in the document. */
const toOperationObject = (
  method: string,
  { id, tag, about, parameters: names, own = [], body, requiresBody = false, responses, fails = [] }: Operation,
  common: Common,
): Schema => {
  const isHead = method === "HEAD";
  // `4XX` includes every status from 400 to 499.
  // A store can be read-only, and an encoded question mark cuts a path, as it does in HTTP APIs.
  const changeStatuses = /^(GET|HEAD)$/.test(method) ? [] : [statusOf("METHOD_NOT_ALLOWED"), ...common.hookStatuses];
  const failures = [...common.statuses, ...changeStatuses, ...fails.map(statusOf)].filter(
    (status) => !(`${String(status).charAt(0)}XX` in responses),
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
        failures.map((status) => [status, { $ref: `#/components/responses/${errorResponseName(status)}` }]),
      ),
      ...Object.fromEntries(Object.entries(responses).map(([status, one]) => [status, response(one, common, isHead)])),
    },
  };
};

const response = (
  { about, headers = [], schema, isAnyType = false }: OperationResponse,
  common: Common,
  isHead = false,
): Schema => {
  const names = [...new Set([...headers, ...common.headers])];
  return {
    description: about,
    ...(names.length > 0 && {
      headers: Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }])),
    }),
    ...(schema !== undefined &&
      !isHead && { content: content({ [JSON_TYPE]: schema, ...rendered(common), ...(isAnyType && { "*/*": {} }) }) }),
  };
};

const rendered = ({ types }: Common): Readonly<Record<string, Schema>> =>
  Object.fromEntries(types.map((type) => [type, STRING]));

const content = (schemasByType: Readonly<Record<string, Schema>>): Schema =>
  Object.fromEntries(Object.entries(schemasByType).map(([type, schema]) => [type, { schema }]));
