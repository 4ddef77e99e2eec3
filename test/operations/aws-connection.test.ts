import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { SQSClient } from "@aws-sdk/client-sqs";
import { describe, expect, it } from "@jest/globals";
import type { Credentials } from "../../lib/aws/connection.ts";
import { resolveConnection } from "../../operations/aws-connection.ts";

const credentials = { accessKeyId: "key", secretAccessKey: "secret", sessionToken: "token" };

describe("resolveConnection", () => {
  it.each([
    ["the region", {}, "https://dynamodb.eu-west-1.amazonaws.com", "https://sqs.eu-west-1.amazonaws.com"],
    [
      "FIPS",
      { useFipsEndpoint: true, region: "us-west-2" },
      "https://dynamodb-fips.us-west-2.amazonaws.com",
      "https://sqs-fips.us-west-2.amazonaws.com",
    ],
    [
      "dual stack",
      { useDualstackEndpoint: true },
      "https://dynamodb.eu-west-1.api.aws",
      "https://sqs.eu-west-1.api.aws",
    ],
  ])("returns the endpoints of %s as the SDK finds them", async (_, options, dynamodb, sqs) => {
    const config = { region: "eu-west-1", credentials, ...options };
    const connections = await Promise.all(
      [new DynamoDBClient(config), new SQSClient(config)].map((client) => resolveConnection(client, undefined)),
    );

    expect(connections.map(({ endpoint }) => endpoint)).toEqual([dynamodb, sqs]);
    expect(connections.map(({ region }) => region)).toEqual([config.region, config.region]);
  });

  it("returns the current keys with each call, and prefers the endpoint of the environment", async () => {
    let count = 0;
    const client = new SQSClient({
      region: "eu-west-1",
      credentials: async () => ({
        ...credentials,
        accessKeyId: `key${++count}`,
        expiration: new Date(Date.now() + 1000),
      }),
    });
    const connection = await resolveConnection(client, "http://127.0.0.1:1");

    expect(connection.endpoint).toBe("http://127.0.0.1:1");
    const read = connection.credentials as () => Promise<Credentials>;
    // They expire within the five minutes before which the SDK asks for new ones.
    const [first, second] = [await read(), await read()];
    expect(first).toMatchObject({ accessKeyId: expect.stringMatching(/^key\d$/), sessionToken: "token" });
    expect(second.accessKeyId).not.toBe(first.accessKeyId);
  });
});
