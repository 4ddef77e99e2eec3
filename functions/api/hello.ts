import { identify } from "../../core/permissions/who.ts";
import type { JsonObject } from "../../lib/json.ts";
import { type Answer, answer, cachedFor } from "../http/answer.ts";
import { publicOrigin } from "../http/public-origin.ts";
import type { Call } from "./call.ts";

/** The protocol that is spoken here: Kinto's HTTP API. */
const HTTP_API_VERSION = "1.23";

/** What a client sees first: who serves, with which abilities, and who it is taken for. */
export const hello = async (call: Call): Promise<Answer> => {
  const { api, request, session, user } = call;
  const { settings, version } = api;
  return answer(
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
      ...(user !== null && { user: await userInfo(call, user) }),
    }),
    settings.readonly ? cachedFor(settings.rootCacheExpiresSeconds, session.now) : {},
  );
};

const userInfo = async ({ api: { world, plugins }, session }: Call, user: string): Promise<JsonObject> => {
  const { principals } = await identify(session, world.grants, user, "all");
  const more = await Promise.all(plugins.map(async ({ userInfo }) => (await userInfo?.(user)) ?? {}));
  return Object.assign({ id: user, principals: [...principals] }, ...more);
};

const capabilities = ({ api: { settings, plugins } }: Call) => ({
  ...Object.fromEntries(
    plugins.map(({ capability, about, version, url }) => [
      capability,
      { description: about, url: url ?? settings.projectDocs, ...(version !== undefined && { version }) },
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
