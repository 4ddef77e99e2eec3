import { allowsCall } from "../../rehearsal/iam/decide.ts";
import { parsePolicy, type Statement } from "../../rehearsal/iam/statement.ts";
import type { Resource, Synthesized } from "./synthesize.ts";

export type { Statement };

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
export const roleOf = ({ all }: Synthesized, lambda: Resource): readonly Statement[] => {
  const role = String(lambda.properties.Role).replace(/^<(.*)\.Arn>$/, "<$1>");
  const { ManagedPolicyArns, Policies } = all("AWS::IAM::Role").find(({ id }) => `<${id}>` === role)?.properties ?? {};
  if (ManagedPolicyArns !== undefined || Policies !== undefined)
    throw new Error("A role has policies that these tests do not read");
  return all("AWS::IAM::Policy")
    .filter(({ properties }) => list(properties.Roles).includes(role))
    .flatMap(({ properties }) => parsePolicy(properties.PolicyDocument));
};

/** Whether a role allows a call, by the rules that the rehearsal applies. */
export const allows = (role: readonly Statement[], { action, resource, keys = [], enclosing }: ApiCall): boolean =>
  allowsCall(role, {
    action,
    resource,
    context: {
      "dynamodb:LeadingKeys": keys,
      ...(enclosing !== undefined && { "dynamodb:EnclosingOperation": [enclosing] }),
    },
  });
