import type { Resource, Synthesized } from "./synthesize.ts";

export interface Statement {
  readonly effect: string;
  readonly actions: readonly string[];
  readonly resources: readonly string[];
  readonly condition: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;
}

export interface Asked {
  readonly action: string;
  readonly resource: string;
  /** Partition keys, of DynamoDB's actions. */
  readonly keys?: readonly string[];
}

const list = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : [String(value)]);

/** What a function's role may do. */
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

/** Whether a role may do it: IAM's rules, as far as these policies use them. */
export const allows = (role: readonly Statement[], asked: Asked): boolean =>
  role.some(
    ({ effect, actions, resources, condition }) =>
      effect === "Allow" &&
      actions.some((action) => like(action, asked.action)) &&
      resources.some((resource) => like(resource, asked.resource)) &&
      holds(condition, asked),
  );

const holds = (condition: Statement["condition"], { keys = [] }: Asked): boolean =>
  Object.entries(condition).every(([operator, values]) => {
    if (operator !== "ForAllValues:StringLike" || Object.keys(values).join() !== "dynamodb:LeadingKeys")
      throw new Error(`A condition that these tests do not know: ${operator}`);
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
