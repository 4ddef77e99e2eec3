import { CfnResource, type Stack } from "aws-cdk-lib";
import { CfnFunction } from "aws-cdk-lib/aws-lambda";
import { CfnQueue } from "aws-cdk-lib/aws-sqs";
import { UserError } from "../config/problem.ts";
import { MAX_QUEUE_NAME_LENGTH } from "../config/queue-names.ts";

/** What CloudFormation takes (https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html). */
const MOST_RESOURCES = 500;
/** Bytes of JSON that Lambda takes, less what names may be longer that are known at deployment only. */
const LARGEST_ENVIRONMENT = 4096 - 256;
/** Variables that a line names. */
const MOST_NAMED = 3;

/**
 * Throws a {@link UserError} where AWS would refuse a stack only as it is deployed, or CDK without a word on what to do.
 * @param overrides variables of every function
 */
export const requireFit = (stack: Stack, overrides: Readonly<Record<string, string>>): void => {
  const resources = stack.node.findAll().filter((one) => CfnResource.isCfnResource(one));
  const problems = [
    ...(resources.length > MOST_RESOURCES ? [tooMany(resources.length)] : []),
    ...resources.flatMap((one) => (one instanceof CfnQueue ? queueFlaws(stack, one) : [])),
    ...environmentFlaws(
      stack,
      resources.filter((one) => one instanceof CfnFunction),
      overrides,
    ),
  ];
  if (problems.length > 0) throw new UserError(problems);
};

const tooMany = (count: number): string =>
  `The stack would have ${count} resources, and CloudFormation takes ${MOST_RESOURCES}: each listener, each inbound part and each plugin with jobs takes ten. ` +
  "Leave plugins out of kintoun.config.ts, or let one listener hear by its 'on' what several do.";

const queueFlaws = (stack: Stack, { queueName }: CfnQueue): string[] => {
  const name = String(stack.resolve(queueName)?.["Fn::Join"]?.[1]?.[1] ?? "");
  const whole = `${stack.stackName}${name}`;
  if (whole.length <= MAX_QUEUE_NAME_LENGTH) return [];
  return [
    `A queue would be called '${whole}': ${whole.length} characters, and SQS takes ${MAX_QUEUE_NAME_LENGTH}. Give the stack a shorter name: -c stack=NAME.`,
  ];
};

const environmentFlaws = (
  stack: Stack,
  functions: readonly CfnFunction[],
  overrides: Readonly<Record<string, string>>,
): string[] => {
  const sizes = functions.map(({ environment }) =>
    sizeOf((stack.resolve(environment) as { variables?: object } | undefined)?.variables ?? {}),
  );
  const size = Math.max(...sizes);
  if (size <= LARGEST_ENVIRONMENT) return [];
  const longest = Object.entries(overrides).toSorted(([, a], [, b]) => sizeOf(b) - sizeOf(a));
  const named = longest.slice(0, MOST_NAMED).map(([name, value]) => `${name} (${sizeOf(value)})`);
  return [
    `The functions' variables come to ${size} bytes, and Lambda takes ${LARGEST_ENVIRONMENT} beside what only AWS knows. ` +
      `Write into kintoun.config.ts what is long: ${named.join(", ")}.`,
  ];
};

/** Bytes of JSON, as Lambda counts. */
const sizeOf = (value: unknown): number => Buffer.byteLength(JSON.stringify(value));
