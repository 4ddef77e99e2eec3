import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import type { SQSClient } from "@aws-sdk/client-sqs";
import type { AwsConnection } from "../lib/aws/connection.ts";

/**
 * How the SDK's client reaches its service: with the profile, region and keys of the operator. Functions in
 * AWS need none of that.
 *
 * @param endpoint the one that the environment sets, which the client's config does not have
 */
export const resolveConnection = async (
  { config }: DynamoDBClient | SQSClient,
  endpoint: string | undefined,
): Promise<AwsConnection> => {
  const region = await config.region();
  const { url } = config.endpointProvider({
    Region: region,
    UseFIPS: await config.useFipsEndpoint(),
    UseDualStack: await config.useDualstackEndpoint(),
  });
  return { region, endpoint: endpoint ?? url.origin, credentials: () => config.credentials() };
};
