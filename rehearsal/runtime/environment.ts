import type { Credentials } from "../../lib/aws/connection.ts";

interface EnvironmentOptions {
  readonly functionName: string;
  readonly memoryMb: number;
  readonly handler: string;
  readonly region: string;
  readonly logGroup: string;
  readonly folder: string;
  readonly credentials: Credentials;
  /** The endpoint of all services. */
  readonly endpoint: string;
  /** Those of the template. */
  readonly variables: Readonly<Record<string, string>>;
}

/** Variables that a template cannot set, because Lambda sets them. */
const RESERVED = /^(AWS_(?!ENDPOINT_URL)|_HANDLER$|_X_AMZN_TRACE_ID$|LAMBDA_)/;

/**
 * The variables of a function: those of its template and those of Lambda, and nothing of this process. Only the endpoint of all
 * services is added.
 * https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
 */
export const toEnvironment = ({
  functionName,
  memoryMb,
  handler,
  region,
  logGroup,
  folder,
  credentials,
  endpoint,
  variables,
}: EnvironmentOptions): Readonly<Record<string, string>> => ({
  ...variables,
  _HANDLER: handler,
  AWS_REGION: region,
  AWS_DEFAULT_REGION: region,
  AWS_EXECUTION_ENV: "AWS_Lambda_nodejs24.x",
  AWS_LAMBDA_FUNCTION_NAME: functionName,
  AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(memoryMb),
  AWS_LAMBDA_FUNCTION_VERSION: "$LATEST",
  AWS_LAMBDA_INITIALIZATION_TYPE: "on-demand",
  AWS_LAMBDA_LOG_GROUP_NAME: logGroup,
  AWS_LAMBDA_LOG_STREAM_NAME: "rehearsal",
  AWS_ACCESS_KEY_ID: credentials.accessKeyId,
  AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
  ...(credentials.sessionToken !== undefined && { AWS_SESSION_TOKEN: credentials.sessionToken }),
  AWS_ENDPOINT_URL: endpoint,
  LAMBDA_TASK_ROOT: folder,
  LAMBDA_RUNTIME_DIR: "/var/runtime",
  LANG: "en_US.UTF-8",
  PATH: "/usr/local/bin:/usr/bin/:/bin:/opt/bin",
  TZ: ":UTC",
});

/** The names of variables that Lambda would refuse. */
export const findReservedVariables = (variables: Readonly<Record<string, string>>): readonly string[] =>
  Object.keys(variables).filter((name) => RESERVED.test(name));
