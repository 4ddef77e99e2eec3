import { DescribeDomainCommand, OpenSearchClient } from "@aws-sdk/client-opensearch";
import { defaultProvider } from "@aws-sdk/credential-provider-node";
import { AwsSigv4Signer } from "@opensearch-project/opensearch/aws-v3";
import type { SearchEngine } from "../../../core/ports/search-engine.ts";
import { createOpenSearchEngine } from "./engine.ts";
import type { EngineContext } from "./list-state.ts";

/**
 * Opens full-text search in an Amazon OpenSearch Service domain. Calls are signed with the credentials of the process.
 * @param endpoint host name of the domain; read from AWS by the first call (`es:DescribeDomain`) when absent
 * @param region that of the AWS SDK's configuration when absent
 */
export const openOpenSearchDomain = (
  { domain, endpoint: known, region }: { domain: string; endpoint?: string | undefined; region?: string },
  context: EngineContext,
): SearchEngine => {
  const connect = async () => {
    const aws = new OpenSearchClient(region === undefined ? {} : { region });
    try {
      const endpoint = known ?? (await readEndpoint(aws, domain));
      return {
        ...AwsSigv4Signer({ region: await aws.config.region(), service: "es", getCredentials: defaultProvider() }),
        node: `https://${endpoint}`,
      };
    } finally {
      aws.destroy();
    }
  };
  return createOpenSearchEngine({ connect, isServerless: false }, context);
};

const readEndpoint = async (aws: OpenSearchClient, domain: string): Promise<string> => {
  const { DomainStatus: status } = await aws.send(new DescribeDomainCommand({ DomainName: domain }));
  const endpoint = status?.Endpoint ?? status?.Endpoints?.vpc;
  if (endpoint === undefined)
    throw new Error(`The OpenSearch domain ${domain} has no endpoint yet. Wait until AWS has created it.`);
  return endpoint;
};
