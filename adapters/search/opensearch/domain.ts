import { DescribeDomainCommand, OpenSearchClient } from "@aws-sdk/client-opensearch";
import { defaultProvider } from "@aws-sdk/credential-provider-node";
import { AwsSigv4Signer } from "@opensearch-project/opensearch/aws-v3";
import type { SearchEngine } from "../../../core/ports/search-engine.ts";
import { engineOver } from "./engine.ts";

/**
 * Full-text search in an Amazon OpenSearch Service domain, by its name. Its endpoint is looked up when first needed
 * (`es:DescribeDomain`), so a stack may name a domain that is still being made; calls are signed as the role that runs.
 * Without a region, that of the AWS SDK's own configuration.
 */
export const openDomain = ({ domain, region }: { domain: string; region?: string }): SearchEngine =>
  engineOver(async () => {
    const aws = new OpenSearchClient(region === undefined ? {} : { region });
    try {
      const { DomainStatus: status } = await aws.send(new DescribeDomainCommand({ DomainName: domain }));
      const endpoint = status?.Endpoint ?? status?.Endpoints?.vpc;
      if (endpoint === undefined) throw new Error(`the OpenSearch domain ${domain} has no endpoint yet`);
      return {
        ...AwsSigv4Signer({ region: await aws.config.region(), service: "es", getCredentials: defaultProvider() }),
        node: `https://${endpoint}`,
      };
    } finally {
      aws.destroy();
    }
  });
