import type { AwsConnection } from "../lib/aws/connection.ts";
import { UserError } from "./user-error.ts";

/** A service, as in the variables of the SDKs. */
type AwsService = "CLOUDWATCH" | "CLOUDWATCH_LOGS" | "DYNAMODB" | "SQS" | "S3";
type Variables = Readonly<Record<string, string | undefined>>;

/**
 * The endpoint that variables set for a service.
 * https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
 */
export const readAwsEndpoint = (variables: Variables, service: AwsService): string | undefined =>
  // Like the SDKs, ignores empty variables.
  variables[`AWS_ENDPOINT_URL_${service}`] || variables.AWS_ENDPOINT_URL || undefined;

/**
 * How a function reaches a service. Lambda sets the region and the keys of the function's role; the keys do not change
 * while a process runs. Throws a {@link UserError} when a variable is missing.
 * https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
 */
export const readAwsConnection = (variables: Variables, service: AwsService): AwsConnection => {
  const read = (name: string): string => {
    const value = variables[name];
    if (value !== undefined && value !== "") return value;
    throw new UserError([`The variable ${name} is missing. Lambda sets it; elsewhere, set it to use a store in AWS.`]);
  };
  const endpoint = readAwsEndpoint(variables, service);
  const { AWS_SESSION_TOKEN: sessionToken } = variables;
  return {
    region: read("AWS_REGION"),
    credentials: {
      accessKeyId: read("AWS_ACCESS_KEY_ID"),
      secretAccessKey: read("AWS_SECRET_ACCESS_KEY"),
      ...(sessionToken !== undefined && { sessionToken }),
    },
    ...(endpoint !== undefined && { endpoint }),
  };
};
