import { GetParameterCommand, SSMClient, type SSMClientConfig } from "@aws-sdk/client-ssm";

/** How long a value is cached. Shorter than the three minutes between a listener's first and last attempt. */
const CACHE_MS = 60_000;

/**
 * Creates a reader for a secret in SSM Parameter Store. The secret is read at its first use; concurrent reads share one
 * call. Names that begin with `/aws/reference/secretsmanager/` refer to Secrets Manager. Reading rejects with an error
 * that says what to do.
 * @param now returns epoch ms
 */
export const createParameterReader = (name: string, config: SSMClientConfig = {}, now: () => number = Date.now) => {
  const client = new SSMClient(config);
  let cached: { readonly value: Promise<string>; readonly until: number } | undefined;
  const read = (): Promise<string> => {
    if (cached !== undefined && now() < cached.until) return cached.value;
    const value = readParameter(client, name);
    const entry = { value, until: now() + CACHE_MS };
    cached = entry;
    value.catch(() => {
      if (cached === entry) cached = undefined;
    });
    return value;
  };
  return { read, close: async () => client.destroy() };
};

const readParameter = async (client: SSMClient, name: string): Promise<string> => {
  try {
    const { Parameter } = await client.send(new GetParameterCommand({ Name: name, WithDecryption: true }));
    if (Parameter?.Value !== undefined && Parameter.Value !== "") return Parameter.Value;
    throw new Error("it has no value");
  } catch (error) {
    throw new Error(`The parameter ${name} can't be read: ${explainError(error, name)}`, { cause: error });
  }
};

const explainError = (error: unknown, name: string): string => {
  if (!(error instanceof Error)) return String(error);
  if (error.name === "ParameterNotFound")
    return `it does not exist. Create it: aws ssm put-parameter --type SecureString --name ${name} --value …`;
  if (error.name === "AccessDeniedException")
    return `${error.message}. Deploy the stack if the parameter was added to kintoun.config.ts since the last deployment.`;
  return error.message;
};
