import { CfnResource, type Stack } from "aws-cdk-lib";
import { CfnFunction } from "aws-cdk-lib/aws-lambda";
import { CfnQueue } from "aws-cdk-lib/aws-sqs";
import { MAX_QUEUE_NAME_LENGTH } from "../config/queues.ts";
import { UserError } from "../config/user-error.ts";
import { STACK_GENERATION_LENGTH } from "./queue.ts";

/**
 * Maximum of CloudFormation
 * (https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html).
 */
const MAX_RESOURCES = 500;
/** Maximum of Lambda in bytes of JSON, less a reserve for names that are known only at deployment. */
const MAX_ENVIRONMENT_BYTES = 4096 - 256;
/** Number of variables named in a message. */
const MAX_NAMED_VARIABLES = 3;

/**
 * Checks limits of AWS that would otherwise fail at deployment. Throws a {@link UserError} that says what to change.
 * @param overrides variables of all functions
 */
export const checkLimits = (stack: Stack, overrides: Readonly<Record<string, string>>): void => {
  const resources = stack.node.findAll().filter((one) => CfnResource.isCfnResource(one));
  const issues = [
    ...(resources.length > MAX_RESOURCES ? [resourceIssue(resources.length)] : []),
    ...resources.flatMap((one) => (one instanceof CfnQueue ? queueIssues(stack, one) : [])),
    ...environmentIssues(
      stack,
      resources.filter((one) => one instanceof CfnFunction),
      overrides,
    ),
  ];
  if (issues.length > 0) throw new UserError(issues);
};

const resourceIssue = (count: number): string =>
  `The stack has ${count} resources, but CloudFormation allows ${MAX_RESOURCES}. Each listener, each inbound part and each plugin with jobs needs ten. ` +
  "Remove plugins from kintoun.config.ts, or combine several listeners into one with several events in 'on'.";

const queueIssues = (stack: Stack, { queueName }: CfnQueue): string[] => {
  const parts: unknown = stack.resolve(queueName)?.["Fn::Join"]?.[1];
  // CloudFormation names dead-letter queues.
  if (!Array.isArray(parts)) return [];
  const fullName = `${stack.stackName}-${"0".repeat(STACK_GENERATION_LENGTH)}${String(parts.at(-1))}`;
  if (fullName.length <= MAX_QUEUE_NAME_LENGTH) return [];
  return [
    `The queue name '${fullName}' has ${fullName.length} characters, but SQS allows ${MAX_QUEUE_NAME_LENGTH}. Choose a shorter stack name: -c stack=NAME.`,
  ];
};

const environmentIssues = (
  stack: Stack,
  functions: readonly CfnFunction[],
  overrides: Readonly<Record<string, string>>,
): string[] => {
  const sizes = functions.map(({ environment }) =>
    sizeOf((stack.resolve(environment) as { variables?: object } | undefined)?.variables ?? {}),
  );
  const size = Math.max(...sizes);
  if (size <= MAX_ENVIRONMENT_BYTES) return [];
  const longest = Object.entries(overrides).toSorted(([, a], [, b]) => sizeOf(b) - sizeOf(a));
  const named = longest.slice(0, MAX_NAMED_VARIABLES).map(([name, value]) => `${name} (${sizeOf(value)})`);
  return [
    `The variables of the functions have ${size} bytes, but Lambda allows ${MAX_ENVIRONMENT_BYTES}. ` +
      `The longest are: ${named.join(", ")}. Shorten them.`,
  ];
};

/** Size in bytes of JSON, as Lambda counts. */
const sizeOf = (value: unknown): number => Buffer.byteLength(JSON.stringify(value));
