import { Stack } from "aws-cdk-lib";
import { PolicyStatement } from "aws-cdk-lib/aws-iam";
import type { Construct } from "constructs";
import type { Config } from "../config/config.ts";
import type { DeployCalls } from "./deploy-calls.ts";
import { ServerlessSearch } from "./serverless-search.ts";

/**
 * The host names of the search engines that plugins need, by their names, so that functions need not look them up. Those
 * of domains are read when the stack is deployed: a domain that does not exist fails the deployment. A serverless
 * collection is created.
 */
export const findSearchEndpoints = (
  scope: Construct,
  calls: DeployCalls,
  { plugins }: Pick<Config, "plugins">,
): Readonly<Record<string, string>> => {
  const needs = plugins
    .flatMap((plugin) => Object.values(plugin.needs))
    .flatMap((need) => (need.kind === "search" ? [need] : []));
  const domains = new Set(needs.flatMap(({ domain }) => domain ?? []));
  const [serverless] = needs.flatMap((need) => need.serverless ?? []);
  return {
    ...Object.fromEntries([...domains].map((domain) => [domain, findEndpoint(calls, domain)])),
    ...(serverless && { [serverless.name]: new ServerlessSearch(scope, serverless).host }),
  };
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
