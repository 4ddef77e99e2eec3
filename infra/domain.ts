import { CfnOutput, Fn, Stack } from "aws-cdk-lib";
import { ApiMapping, DomainName, type IHttpApi, type IHttpStage } from "aws-cdk-lib/aws-apigatewayv2";
import type { ICertificate } from "aws-cdk-lib/aws-certificatemanager";
import { AaaaRecord, ARecord, type IAliasRecordTarget, type IHostedZone, RecordTarget } from "aws-cdk-lib/aws-route53";
import { ApiGatewayv2DomainProperties, CloudFrontTarget } from "aws-cdk-lib/aws-route53-targets";
import { Construct } from "constructs";
import { type CloudFrontOptions, makeDistribution } from "./distribution.ts";

/** The domain of a store. */
export interface StoreDomain {
  /** The name, for example `api.example.com`. */
  readonly name: string;
  /** The certificate for the name: in the region of the store, or in `us-east-1` with `cloudFront`. */
  readonly certificate: ICertificate;
  /** The zone that gets records for the name. When absent, point the name to what the output `DomainTarget` says. */
  readonly hostedZone?: IHostedZone;
  /** Puts CloudFront in front of the API; none when absent. */
  readonly cloudFront?: CloudFrontOptions;
}

/** The stack's output with the name that the domain must point to. */
export const DOMAIN_TARGET_OUTPUT_NAME = "DomainTarget";

/** Serves an API under a domain. */
export class ApiDomain extends Construct {
  constructor(
    scope: Construct,
    { domain, api, stage }: { readonly domain: StoreDomain; readonly api: IHttpApi; readonly stage: IHttpStage },
  ) {
    super(scope, "Domain");
    const { name, certificate, hostedZone, cloudFront } = domain;
    const [target, alias] =
      cloudFront === undefined
        ? this.#addToApi(api, stage, name, certificate)
        : this.#addDistribution(api, domain, cloudFront);
    new CfnOutput(Stack.of(this), DOMAIN_TARGET_OUTPUT_NAME, {
      value: target,
      description: "Name that the domain points to",
    });
    if (hostedZone === undefined) return;
    const record = { zone: hostedZone, recordName: `${name}.`, target: RecordTarget.fromAlias(alias) };
    new ARecord(this, "A", record);
    if (cloudFront !== undefined) new AaaaRecord(this, "Aaaa", record);
  }

  #addToApi(api: IHttpApi, stage: IHttpStage, name: string, certificate: ICertificate): Target {
    const domainName = new DomainName(this, "Name", { domainName: name, certificate });
    new ApiMapping(this, "Mapping", { api, domainName, stage });
    const { regionalDomainName, regionalHostedZoneId } = domainName;
    return [regionalDomainName, new ApiGatewayv2DomainProperties(regionalDomainName, regionalHostedZoneId)];
  }

  #addDistribution(api: IHttpApi, { name, certificate }: StoreDomain, options: CloudFrontOptions): Target {
    const origin = Fn.select(2, Fn.split("/", api.apiEndpoint));
    const distribution = makeDistribution(this, { name, certificate, origin, ...options });
    return [distribution.distributionDomainName, new CloudFrontTarget(distribution)];
  }
}

type Target = readonly [name: string, alias: IAliasRecordTarget];
