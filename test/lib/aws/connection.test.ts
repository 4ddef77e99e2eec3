import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { SQSClient } from "@aws-sdk/client-sqs";
import { describe, expect, it } from "@jest/globals";
import { serviceUrl } from "../../../lib/aws/connection.ts";

describe("serviceUrl", () => {
  it.each([
    "ap-southeast-7",
    "ca-central-1",
    "cn-northwest-1",
    "eu-central-1",
    "eu-isoe-west-1",
    "eusc-de-east-1",
    "mx-central-1",
    "us-east-1",
    "us-gov-west-1",
    "us-iso-east-1",
    "us-isob-east-1",
    "us-isof-south-1",
  ])("equals the SDK's endpoints in %s", (region) => {
    const rules = { Region: region, UseFIPS: false, UseDualStack: false };

    expect(serviceUrl("dynamodb", region)).toEqual(new DynamoDBClient().config.endpointProvider(rules).url);
    expect(serviceUrl("sqs", region)).toEqual(new SQSClient().config.endpointProvider(rules).url);
  });
});
