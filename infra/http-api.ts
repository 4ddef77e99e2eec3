import { Validations } from "aws-cdk-lib";
import { AccessLogFormat } from "aws-cdk-lib/aws-apigateway";
import { HttpApi, HttpMethod, HttpStage, type IHttpApi, LogGroupLogDestination } from "aws-cdk-lib/aws-apigatewayv2";
import { HttpLambdaIntegration } from "aws-cdk-lib/aws-apigatewayv2-integrations";
import type { IFunction } from "aws-cdk-lib/aws-lambda";
import { Construct } from "constructs";
import type { DeployOptions } from "../config/deploy.ts";
import { SEARCH_ROUTES } from "../config/functions.ts";
import { ApiDomain, type StoreDomain } from "./domain.ts";
import { makeLogGroup } from "./function.ts";

/** Fields of the access log. They exclude headers, queries and bodies, which may contain secrets. */
const ACCESS_LOG = {
  time: "$context.requestTime",
  request_id: "$context.requestId",
  ip: "$context.identity.sourceIp",
  method: "$context.httpMethod",
  path: "$context.path",
  status: "$context.status",
  bytes: "$context.responseLength",
  ms: "$context.responseLatency",
  lambda_ms: "$context.integrationLatency",
  error: "$context.integrationErrorMessage",
};

export interface KintounHttpApiProps {
  readonly api: IFunction;
  readonly search: IFunction | undefined;
  /** What it accepts before it answers 429. */
  readonly limits: Pick<DeployOptions, "requestsPerSecond" | "requestBurst">;
  /** Where it is served, beside its own address. */
  readonly domain: StoreDomain | undefined;
}

/** The HTTP API. Sends searches to `search` and everything else to `api`. */
export class KintounHttpApi extends Construct {
  /** Without a trailing slash. */
  readonly url: string;
  readonly id: string;

  constructor(scope: Construct, { api, search, limits, domain }: KintounHttpApiProps) {
    super(scope, "HttpApi");
    const httpApi = new HttpApi(this, "Api", {
      description: "Kintoun",
      createDefaultStage: false,
      defaultIntegration: new HttpLambdaIntegration("Api", api),
    });
    if (search !== undefined) {
      const integration = new HttpLambdaIntegration("Search", search);
      for (const { path, methods } of SEARCH_ROUTES)
        httpApi.addRoutes({ methods: methods.map((method) => HttpMethod[method]), path: `/v1${path}`, integration });
    }
    const stage = new HttpStage(this, "Stage", {
      httpApi,
      autoDeploy: true,
      throttle: { rateLimit: limits.requestsPerSecond, burstLimit: limits.requestBurst },
      accessLogSettings: {
        destination: new LogGroupLogDestination(makeLogGroup(this, "AccessLog")),
        format: AccessLogFormat.custom(JSON.stringify(ACCESS_LOG)),
      },
    });
    if (domain !== undefined) new ApiDomain(this, { domain, api: httpApi as IHttpApi, stage });
    this.id = httpApi.apiId;
    this.url = domain === undefined ? httpApi.apiEndpoint : `https://${domain.name}`;
    Validations.of(httpApi).acknowledge({
      id: "AwsSolutions-APIG4",
      reason:
        "The API accepts anonymous requests. Plugins authenticate all other requests, and the store checks permissions.",
    });
  }
}
