import { DescribeDomainCommand, OpenSearchClient } from "@aws-sdk/client-opensearch";
import { defaultProvider } from "@aws-sdk/credential-provider-node";
import { AwsSigv4Signer } from "@opensearch-project/opensearch/aws-v3";
import type { SearchEngine } from "../../../core/ports/search-engine.ts";
import { createOpenSearchEngine } from "./engine.ts";

/**
 * Opens full-text search in an Amazon OpenSearch Service domain. The first call reads the domain's endpoint
 * (`es:DescribeDomain`), so that a stack may name a domain that is still being created. Calls are signed with the
 * credentials of the process.
 * @param region that of the AWS SDK's configuration when absent
 */
export const openOpenSearchDomain = ({ domain, region }: { domain: string; region?: string }): SearchEngine =>
  createOpenSearchEngine(async () => {
    const aws = new OpenSearchClient(region === undefined ? {} : { region });
    try {
      const { DomainStatus: status } = await aws.send(new DescribeDomainCommand({ DomainName: domain }));
      const endpoint = status?.Endpoint ?? status?.Endpoints?.vpc;
      if (endpoint === undefined)
        throw new Error(`The OpenSearch domain ${domain} has no endpoint yet. Wait until AWS has created it.`);
      return {
        ...AwsSigv4Signer({ region: await aws.config.region(), service: "es", getCredentials: defaultProvider() }),
        node: `https://${endpoint}`,
      };
    } finally {
      aws.destroy();
    }
  });
