import { Stack } from "aws-cdk-lib";
import { PolicyStatement } from "aws-cdk-lib/aws-iam";
import type { Config } from "../config/config.ts";
import type { DeployCalls } from "./deploy-calls.ts";

/**
 * Reads the host names of the OpenSearch domains that plugins need when the stack is deployed, so that functions need
 * not look them up. A domain that does not exist fails the deployment.
 */
export const findSearchEndpoints = (
  calls: DeployCalls,
  { plugins }: Pick<Config, "plugins">,
): Readonly<Record<string, string>> => {
  const needs = plugins.flatMap((plugin) => Object.values(plugin.needs));
  const domains = new Set(needs.flatMap((need) => (need.kind === "search" ? (need.domain ?? []) : [])));
  return Object.fromEntries([...domains].map((domain) => [domain, findEndpoint(calls, domain)]));
};

const findEndpoint = (calls: DeployCalls, domain: string): string => {
  const arn = Stack.of(calls).formatArn({ service: "es", resource: "domain", resourceName: domain });
  calls.role.addToPolicy(new PolicyStatement({ actions: ["es:DescribeDomain"], resources: [arn] }));
  return calls.read(`Domain-${domain}`, {
    service: "OpenSearch",
    action: "DescribeDomain",
    parameters: { DomainName: domain },
    path: "DomainStatus.Endpoint",
  });
};
