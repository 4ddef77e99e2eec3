import { GetParameterCommand, SSMClient, type SSMClientConfig } from "@aws-sdk/client-ssm";

/** Milliseconds for which a value is kept: a changed one is known before a listener's last try, which comes three minutes after its first. */
const KEPT = 60_000;

/**
 * A secret that operators keep in SSM's Parameter Store, read at its first use. Names that begin with `/aws/reference/secretsmanager/` lead to Secrets
 * Manager. Rejects with what to do where it can't be read. It is asked for once, however many wait for it.
 * @param now epoch ms
 */
export const openParameter = (name: string, config: SSMClientConfig = {}, now: () => number = Date.now) => {
  const client = new SSMClient(config);
  let kept: { readonly value: Promise<string>; readonly until: number } | undefined;
  const read = (): Promise<string> => {
    if (kept !== undefined && now() < kept.until) return kept.value;
    const value = readParameter(client, name);
    const asked = { value, until: now() + KEPT };
    kept = asked;
    value.catch(() => {
      if (kept === asked) kept = undefined;
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
    throw new Error(`The parameter ${name} can't be read: ${told(error, name)}`, { cause: error });
  }
};

const told = (error: unknown, name: string): string => {
  if (!(error instanceof Error)) return String(error);
  if (error.name === "ParameterNotFound")
    return `there is none. Make it: aws ssm put-parameter --type SecureString --name ${name} --value …`;
  if (error.name === "AccessDeniedException")
    return `${error.message}. Was the stack deployed since the parameter was named in kintoun.config.ts?`;
  return error.message;
};
