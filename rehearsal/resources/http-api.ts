import type { ResourceContext, ResourceType } from "./resource-type.ts";
import { objectOf, requireText } from "./resource-type.ts";

const findApi = (context: ResourceContext) => {
  const id = requireText(context, "ApiId");
  const api = context.account.apis.get(id);
  if (api === undefined) context.report("missing-resource", `There is no API ${id}`);
  return api;
};

/** AWS::ApiGatewayV2::Api */
export const httpApi: ResourceType = {
  properties: ["CorsConfiguration", "Description", "DisableExecuteApiEndpoint", "Name", "ProtocolType", "Tags"],
  async create({ account, logicalId, properties, report }) {
    if (properties.ProtocolType !== "HTTP") report("unsupported", "The rehearsal has HTTP APIs only");
    if (properties.CorsConfiguration !== undefined) report("unsupported", "The rehearsal has no CORS of API Gateway");
    const api = await account.openApi(logicalId);
    return { ref: api.id, attributes: { ApiId: api.id, ApiEndpoint: api.origin } };
  },
};

/** AWS::ApiGatewayV2::Integration */
export const integration: ResourceType = {
  properties: [
    "ApiId",
    "IntegrationMethod",
    "IntegrationType",
    "IntegrationUri",
    "PayloadFormatVersion",
    "TimeoutInMillis",
  ],
  async create(context) {
    const { logicalId, properties, report } = context;
    if (properties.IntegrationType !== "AWS_PROXY" || properties.PayloadFormatVersion !== "2.0")
      report("unsupported", "The rehearsal has integrations of functions with the payload format 2.0 only");
    const api = findApi(context);
    api?.integrations.set(logicalId, requireText(context, "IntegrationUri"));
    return { ref: logicalId, attributes: {}, stop: async () => void api?.integrations.delete(logicalId) };
  },
};

/** AWS::ApiGatewayV2::Route */
export const route: ResourceType = {
  properties: ["ApiId", "AuthorizationType", "RouteKey", "Target"],
  async create(context) {
    const { logicalId, properties, report } = context;
    if ((properties.AuthorizationType ?? "NONE") !== "NONE") report("unsupported", "The rehearsal has no authorizers");
    const api = findApi(context);
    const key = requireText(context, "RouteKey");
    api?.routes.set(key, requireText(context, "Target").replace(/^integrations\//, ""));
    return { ref: logicalId, attributes: {}, stop: async () => void api?.routes.delete(key) };
  },
};

/** AWS::ApiGatewayV2::Stage */
export const stage: ResourceType = {
  properties: ["AccessLogSettings", "ApiId", "AutoDeploy", "DefaultRouteSettings", "Description", "StageName", "Tags"],
  async create(context) {
    const { properties, report } = context;
    const name = requireText(context, "StageName");
    if (name !== "$default") report("unsupported", "The rehearsal has the stage $default only");
    const api = findApi(context);
    const { ThrottlingRateLimit, ThrottlingBurstLimit } = objectOf(properties.DefaultRouteSettings);
    if (api !== undefined && ThrottlingRateLimit !== undefined)
      api.limits = { perSecond: Number(ThrottlingRateLimit), burst: Number(ThrottlingBurstLimit) };
    return { ref: name, attributes: {} };
  },
};
