import type { Resource, Synthesized } from "./synthesize.ts";

export interface Statement {
  readonly effect: string;
  readonly actions: readonly string[];
  readonly resources: readonly string[];
  readonly condition: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;
}

export interface ApiCall {
  readonly action: string;
  readonly resource: string;
  /** Partition keys, of DynamoDB's actions. */
  readonly keys?: readonly string[];
  /** The operation that an action of DynamoDB is a part of. */
  readonly enclosing?: "TransactWriteItems";
}

/** Whether a statement allows writes within transactions, each on the keys of all. */
export const isForTransactions = ({ condition }: Statement): boolean => "ForAnyValue:StringEquals" in condition;

const list = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : [String(value)]);

/** The policy statements of a function's role. */
export const roleOf = ({ all }: Synthesized, lambda: Resource): Statement[] => {
  const role = String(lambda.properties.Role).replace(/^<(.*)\.Arn>$/, "<$1>");
  const { ManagedPolicyArns, Policies } = all("AWS::IAM::Role").find(({ id }) => `<${id}>` === role)?.properties ?? {};
  if (ManagedPolicyArns !== undefined || Policies !== undefined)
    throw new Error("A role has policies that these tests do not read");
  return all("AWS::IAM::Policy")
    .filter(({ properties }) => list(properties.Roles).includes(role))
    .flatMap(({ properties }) => (properties.PolicyDocument as { Statement: Record<string, unknown>[] }).Statement)
    .map(({ Effect, Action, Resource, Condition = {} }) => ({
      effect: String(Effect),
      actions: list(Action),
      resources: list(Resource),
      condition: Object.fromEntries(
        Object.entries(Condition as object).map(([operator, keys]) => [
          operator,
          Object.fromEntries(Object.entries(keys as object).map(([key, values]) => [key, list(values)])),
        ]),
      ),
    }));
};

/** Whether a role allows a call. Implements the rules of IAM that these policies use. */
export const allows = (role: readonly Statement[], call: ApiCall): boolean =>
  role.some(
    ({ effect, actions, resources, condition }) =>
      effect === "Allow" &&
      actions.some((action) => like(action, call.action)) &&
      resources.some((resource) => like(resource, call.resource)) &&
      holds(condition, call),
  );

const holds = (condition: Statement["condition"], { keys = [], enclosing }: ApiCall): boolean =>
  Object.entries(condition).every(([operator, values]) => {
    const [name = "", ...others] = Object.keys(values);
    if (operator === "ForAnyValue:StringEquals" && name === "dynamodb:EnclosingOperation" && others.length === 0)
      return enclosing !== undefined && values[name]?.includes(enclosing);
    if (operator !== "ForAllValues:StringLike" || Object.keys(values).join() !== "dynamodb:LeadingKeys")
      throw new Error(`These tests do not support the condition: ${operator}`);
    return keys.every((key) => values["dynamodb:LeadingKeys"]?.some((pattern) => like(pattern, key)));
  });

const like = (pattern: string, text: string): boolean =>
  new RegExp(
    `^${pattern
      .replace(/[.+^${}()|[\]\\/]/g, "\\$&")
      .replaceAll("*", ".*")
      .replaceAll("?", ".")}$`,
    "s",
  ).test(text);
