import { Stack, Validations } from "aws-cdk-lib";
import { PolicyStatement, type Role } from "aws-cdk-lib/aws-iam";

type Conditions = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** Allows actions on resources that only a pattern can name; says why, to cdk-nag too. */
export const allowWildcard = (
  role: Role,
  {
    actions,
    resources,
    conditions,
    reason,
  }: { actions: readonly string[]; resources: readonly string[]; conditions?: Conditions; reason: string },
): void => {
  role.addToPolicy(
    new PolicyStatement({ actions: [...actions], resources: [...resources], ...(conditions && { conditions }) }),
  );
  for (const resource of resources)
    Validations.of(role).acknowledge({
      id: `AwsSolutions-IAM5[Resource::${shown(Stack.of(role).resolve(resource))}]`,
      reason,
    });
};

/** An ARN as cdk-nag shows it: `<Table.Arn>/stream/*`. */
const shown = (part: unknown): string => {
  if (typeof part !== "object" || part === null) return String(part);
  if ("Ref" in part) return `<${String(part.Ref)}>`;
  if ("Fn::GetAtt" in part && Array.isArray(part["Fn::GetAtt"])) return `<${part["Fn::GetAtt"].join(".")}>`;
  if ("Fn::Join" in part && Array.isArray(part["Fn::Join"])) {
    const [delimiter, parts] = part["Fn::Join"] as [string, unknown[]];
    return parts.map(shown).join(delimiter);
  }
  throw new TypeError(`An ARN that is not understood: ${JSON.stringify(part)}`);
};
