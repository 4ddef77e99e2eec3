import { readPrincipals } from "../../core/permissions/principals.ts";
import type { JsonObject } from "../../lib/json.ts";
import type { Operation } from "../http/operation.ts";
import { publicOrigin } from "../http/request.ts";
import { cacheHeaders, type HttpResponse, httpResponse } from "../http/response.ts";
import * as operations from "./openapi/pages.ts";
import { permissionsEndpoint } from "./permissions.ts";
import type { ApiCall, ApiEndpoint, ApiRoute } from "./routes.ts";

/** The version of Kinto's HTTP API. */
const HTTP_API_VERSION = "1.23";

/** `/`: the server's version and capabilities, and the user. */
const hello = async (call: ApiCall): Promise<HttpResponse> => {
  const { api, request, session, user, scope } = call;
  const { settings, version } = api;
  return httpResponse(
    200,
    JSON.stringify({
      project_name: settings.projectName,
      project_version: settings.projectVersion ?? version,
      http_api_version: HTTP_API_VERSION,
      project_docs: settings.projectDocs,
      url: `${publicOrigin(request, settings)}/v1/`,
      ...(settings.eos !== undefined && { eos: settings.eos }),
      settings: {
        readonly: settings.readonly,
        explicit_permissions: settings.explicitPermissions,
        batch_max_requests: settings.batchMaxRequests,
      },
      capabilities: capabilities(call),
      ...(user !== null && { user: { ...(await userInfo(call, user)), ...(scope !== undefined && { scope }) } }),
    }),
    settings.readonly ? cacheHeaders(settings.rootCacheExpiresSeconds, session.now) : {},
  );
};

const userInfo = async ({ api: { plugins }, session }: ApiCall, user: string): Promise<JsonObject> => {
  const { principals } = await readPrincipals(session, user);
  const more = await Promise.all(plugins.map(async ({ userInfo }) => (await userInfo?.(user)) ?? {}));
  return Object.assign({ id: user, principals: [...principals] }, ...more);
};

/** Plugins that no page describes have no URL. */
const capabilities = ({ api: { settings, plugins } }: ApiCall) => ({
  ...Object.fromEntries(
    plugins.map(({ capability, capabilityFields, about, version, url }) => [
      capability,
      {
        ...capabilityFields,
        description: about,
        ...(url !== undefined && { url }),
        ...(version !== undefined && { version }),
      },
    ]),
  ),
  ...(settings.experimentalCollectionSchemaValidation && {
    schema: {
      description: "Checks records against the JSON schema of their collection.",
      url: `${DOCS}collections.html#collection-json-schema`,
    },
  }),
  ...(settings.experimentalPermissionsEndpoint && {
    permissions_endpoint: { description: "Lists what a user may do, and where.", url: `${DOCS}permissions.html` },
  }),
});

const DOCS = "https://kinto.readthedocs.io/en/latest/api/1.x/";

/** `/__heartbeat__`: whether each thing that the store depends on is reachable in time. */
const heartbeat = async ({ api: { heartbeats, settings, log } }: ApiCall): Promise<HttpResponse> => {
  const checks = Object.entries(heartbeats).map(
    async ([name, check]) =>
      [
        name,
        await isReachable(check, settings.heartbeatTimeoutSeconds, (error) =>
          log.error("A heartbeat failed", { name, error }),
        ),
      ] as const,
  );
  const status = Object.fromEntries(await Promise.all(checks));
  return httpResponse(Object.values(status).every(Boolean) ? 200 : 503, JSON.stringify(status));
};

const isReachable = async (
  check: () => Promise<unknown>,
  seconds: number,
  onFailure: (error: unknown) => void,
): Promise<boolean> => {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`No response within ${seconds} s`)), seconds * 1000);
  });
  try {
    await Promise.race([check(), timeout]);
    return true;
  } catch (error) {
    onFailure(error);
    return false;
  } finally {
    clearTimeout(timer);
  }
};

const page = (run: ApiRoute["run"], operation: Operation): ApiEndpoint => {
  const route = { run, describe: () => operation };
  return { GET: route, HEAD: route };
};

/** https://wiki.mozilla.org/Websites/contribute.json */
const CONTRIBUTE = JSON.stringify({
  name: "kintoun",
  description: "A JSON record store for your own AWS account that speaks the Kinto HTTP API.",
  repository: { license: "Apache-2.0" },
});

/** Endpoints at fixed paths. */
export const PAGES: Readonly<Record<string, ApiEndpoint>> = {
  "/": page(hello, operations.HELLO),
  "/permissions": permissionsEndpoint,
  "/__heartbeat__": page(heartbeat, operations.HEARTBEAT),
  "/__lbheartbeat__": page(async () => httpResponse(200, "{}"), operations.LB_HEARTBEAT),
  "/__version__": page(
    async ({ api }) => httpResponse(200, JSON.stringify({ name: "kintoun", version: api.version })),
    operations.VERSION,
  ),
  "/contribute.json": page(async () => httpResponse(200, CONTRIBUTE), operations.CONTRIBUTE),
};
