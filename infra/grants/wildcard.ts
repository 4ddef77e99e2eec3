import { Stack, Validations } from "aws-cdk-lib";
import { PolicyStatement, type Role } from "aws-cdk-lib/aws-iam";

type Conditions = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** Grants actions on resources that only a pattern can name. @param reason recorded for cdk-nag */
export const grantWildcard = (
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
      id: `AwsSolutions-IAM5[Resource::${formatArn(Stack.of(role).resolve(resource))}]`,
      reason,
    });
};

/** Formats an ARN like cdk-nag: `<Table.Arn>/stream/*`. */
const formatArn = (part: unknown): string => {
  if (typeof part !== "object" || part === null) return String(part);
  if ("Ref" in part) return `<${String(part.Ref)}>`;
  if ("Fn::GetAtt" in part && Array.isArray(part["Fn::GetAtt"])) return `<${part["Fn::GetAtt"].join(".")}>`;
  if ("Fn::Join" in part && Array.isArray(part["Fn::Join"])) {
    const [delimiter, parts] = part["Fn::Join"] as [string, unknown[]];
    return parts.map(formatArn).join(delimiter);
  }
  throw new TypeError(`Unsupported ARN: ${JSON.stringify(part)}`);
};
