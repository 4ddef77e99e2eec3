import { OpenSearchClient } from "@aws-sdk/client-opensearch";
import { defaultProvider } from "@aws-sdk/credential-provider-node";
import { AwsSigv4Signer } from "@opensearch-project/opensearch/aws-v3";
import type { SearchEngine } from "../../../core/ports/search-engine.ts";
import { createOpenSearchEngine } from "./engine.ts";
import type { EngineContext } from "./list-state.ts";

/**
 * Opens full-text search in a collection of OpenSearch Serverless. Calls are signed with the credentials of the process.
 * A collection that has scaled to zero takes 10 to 30 s for its first answer, so the first search may fail with 503.
 * @param host host name of the collection's endpoint
 * @param region that of the AWS SDK's configuration when absent
 */
export const openServerlessSearch = (
  { host, region }: { readonly host: string; readonly region?: string },
  context: EngineContext,
): SearchEngine => {
  const connect = async () => {
    const aws = new OpenSearchClient(region === undefined ? {} : { region });
    try {
      const signer = { region: await aws.config.region(), service: "aoss" as const, getCredentials: defaultProvider() };
      return { ...AwsSigv4Signer(signer), node: `https://${host}` };
    } finally {
      aws.destroy();
    }
  };
  return createOpenSearchEngine({ connect, isServerless: true }, context);
};
