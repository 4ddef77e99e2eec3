import { Duration } from "aws-cdk-lib";
import type { ICertificate } from "aws-cdk-lib/aws-certificatemanager";
import {
  AllowedMethods,
  CacheCookieBehavior,
  CacheHeaderBehavior,
  CachePolicy,
  CacheQueryStringBehavior,
  Distribution,
  Function as EdgeFunction,
  FunctionCode,
  FunctionEventType,
  FunctionRuntime,
  HttpVersion,
  OriginProtocolPolicy,
  OriginRequestPolicy,
  PriceClass,
  ResponseHeadersPolicy,
  SecurityPolicyProtocol,
  ViewerProtocolPolicy,
} from "aws-cdk-lib/aws-cloudfront";
import { HttpOrigin } from "aws-cdk-lib/aws-cloudfront-origins";
import type { Construct } from "constructs";

/** How CloudFront serves a store. */
export interface CloudFrontOptions {
  /** The ARN of a web ACL of AWS WAF with the scope CLOUDFRONT; none when absent. */
  readonly webAclArn?: string;
  /** Where CloudFront serves from; the price class 100 when absent. */
  readonly priceClass?: PriceClass;
}

/** The header in which CloudFront tells the store the address of a client. What clients send in it is replaced. */
export const CLIENT_ADDRESS_HEADER = "kintoun-client-address";

/** https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/functions-event-structure.html */
const ADD_CLIENT_ADDRESS = `function handler(event) {
  event.request.headers["${CLIENT_ADDRESS_HEADER}"] = { value: event.viewer.ip };
  return event.request;
}`;

/** The longest time that CloudFront keeps a response. Those of the store say themselves how long they may be kept. */
const MAX_TTL_DAYS = 1;
/** How long CloudFront waits for a response: longer than the functions run. */
const READ_TIMEOUT_SECONDS = 30;

/**
 * Creates a distribution in front of the API. It compresses, keeps what the store lets caches keep, and adds CORS headers to
 * errors that do not come from the store.
 */
export const makeDistribution = (
  scope: Construct,
  {
    name,
    certificate,
    origin,
    webAclArn,
    priceClass = PriceClass.PRICE_CLASS_100,
  }: CloudFrontOptions & { readonly name: string; readonly certificate: ICertificate; readonly origin: string },
): Distribution => {
  const addAddress = new EdgeFunction(scope, "ClientAddress", {
    comment: "Kintoun: passes on the address of the client",
    code: FunctionCode.fromInline(ADD_CLIENT_ADDRESS),
    runtime: FunctionRuntime.JS_2_0,
  });
  return new Distribution(scope, "Distribution", {
    comment: `Kintoun: ${name}`,
    domainNames: [name],
    certificate,
    minimumProtocolVersion: SecurityPolicyProtocol.TLS_V1_2_2021,
    httpVersion: HttpVersion.HTTP2_AND_3,
    priceClass,
    ...(webAclArn !== undefined && { webAclId: webAclArn }),
    defaultBehavior: {
      origin: new HttpOrigin(origin, {
        protocolPolicy: OriginProtocolPolicy.HTTPS_ONLY,
        readTimeout: Duration.seconds(READ_TIMEOUT_SECONDS),
      }),
      allowedMethods: AllowedMethods.ALLOW_ALL,
      viewerProtocolPolicy: ViewerProtocolPolicy.HTTPS_ONLY,
      compress: true,
      cachePolicy: makeCachePolicy(scope),
      // API Gateway finds an API by the name of its host.
      originRequestPolicy: OriginRequestPolicy.ALL_VIEWER_EXCEPT_HOST_HEADER,
      // The store answers with headers of its own, which stay.
      responseHeadersPolicy: new ResponseHeadersPolicy(scope, "Cors", {
        corsBehavior: {
          accessControlAllowCredentials: false,
          accessControlAllowHeaders: ["*"],
          accessControlAllowMethods: ["ALL"],
          accessControlAllowOrigins: ["*"],
          accessControlExposeHeaders: ["Retry-After"],
          originOverride: false,
        },
      }),
      functionAssociations: [{ function: addAddress, eventType: FunctionEventType.VIEWER_REQUEST }],
    },
  });
};

/**
 * Responses are kept as long as `Cache-Control` of the store says, and never otherwise. The key has who asks, so that no user
 * gets what another one may read, and what else the store's `Vary` names.
 */
const makeCachePolicy = (scope: Construct): CachePolicy =>
  new CachePolicy(scope, "CachePolicy", {
    comment: "Kintoun: responses that the store lets caches keep",
    minTtl: Duration.seconds(0),
    defaultTtl: Duration.seconds(0),
    maxTtl: Duration.days(MAX_TTL_DAYS),
    headerBehavior: CacheHeaderBehavior.allowList("Authorization", "Accept", "Origin"),
    queryStringBehavior: CacheQueryStringBehavior.all(),
    cookieBehavior: CacheCookieBehavior.none(),
    enableAcceptEncodingGzip: true,
    enableAcceptEncodingBrotli: true,
  });
