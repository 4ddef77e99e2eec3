import { describe, expect, it } from "@jest/globals";
import { readAwsConnection } from "../../config/aws-environment.ts";
import { UserError } from "../../config/user-error.ts";

const LAMBDA = {
  AWS_REGION: "eu-central-1",
  AWS_ACCESS_KEY_ID: "ASIA",
  AWS_SECRET_ACCESS_KEY: "secret",
  AWS_SESSION_TOKEN: "token",
};

describe("readAwsConnection", () => {
  it("reads what Lambda sets", () => {
    expect(readAwsConnection(LAMBDA, "DYNAMODB")).toEqual({
      region: "eu-central-1",
      credentials: { accessKeyId: "ASIA", secretAccessKey: "secret", sessionToken: "token" },
    });
  });

  it("prefers the endpoint of the service to the one of all services", () => {
    const variables = { ...LAMBDA, AWS_ENDPOINT_URL: "http://all", AWS_ENDPOINT_URL_SQS: "http://sqs" };

    expect(readAwsConnection(variables, "SQS").endpoint).toBe("http://sqs");
    expect(readAwsConnection(variables, "DYNAMODB").endpoint).toBe("http://all");
  });

  it("ignores empty endpoints", () => {
    const all = { ...LAMBDA, AWS_ENDPOINT_URL: "http://all", AWS_ENDPOINT_URL_SQS: "" };

    expect(readAwsConnection(all, "SQS").endpoint).toBe("http://all");
    expect(readAwsConnection({ ...LAMBDA, AWS_ENDPOINT_URL: "" }, "SQS")).not.toHaveProperty("endpoint");
  });

  it.each(["AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"])("throws if %s is missing", (name) => {
    const read = () => readAwsConnection({ ...LAMBDA, [name]: "" }, "SQS");

    expect(read).toThrow(UserError);
    expect(read).toThrow(`The variable ${name} is missing.`);
  });
});
