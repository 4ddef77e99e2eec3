import { Aws, Duration, RemovalPolicy } from "aws-cdk-lib";
import { Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import {
  ApplicationLogLevel,
  Architecture,
  type CfnFunction,
  type Code,
  Function as LambdaFunction,
  LoggingFormat,
  RecursiveLoop,
  Runtime,
  SystemLogLevel,
  Tracing,
} from "aws-cdk-lib/aws-lambda";
import { CfnLogGroup, LogGroup } from "aws-cdk-lib/aws-logs";
import { Construct } from "constructs";
import { FUNCTIONS } from "../config/functions.ts";
import { type FunctionName, HANDLER } from "./bundle.ts";
import { grantWildcard } from "./grants/wildcard.ts";

export interface KintounFunctionProps {
  readonly name: FunctionName;
  /** Description in the AWS console, one line. */
  readonly about: string;
  readonly code: Code;
  readonly variables: Readonly<Record<string, string>>;
  /** Memory in MB. */
  readonly memoryMb: number;
  /** Concurrency that only this function can use, and its maximum; none when absent. */
  readonly reservedConcurrency?: number | undefined;
  /** Time-out in seconds; that of `FUNCTIONS` when absent. */
  readonly timeout?: number;
  /** Whether it sends messages to its own queue. */
  readonly callsItself?: boolean;
}

/** A deployed copy of a function of `functions/`. Its role can only write its log until more is granted. */
export class KintounFunction extends Construct {
  readonly role: Role;
  readonly lambda: LambdaFunction;
  readonly logGroup: LogGroup;

  constructor(
    scope: Construct,
    id: string,
    {
      name,
      about,
      code,
      variables,
      memoryMb,
      reservedConcurrency,
      timeout = FUNCTIONS[name].timeout,
      callsItself = false,
    }: KintounFunctionProps,
  ) {
    super(scope, id);
    const logGroup = makeLogGroup(this);
    this.logGroup = logGroup;
    this.role = new Role(this, "Role", { assumedBy: new ServicePrincipal("lambda.amazonaws.com"), description: about });
    logGroup.grantWrite(this.role);
    this.lambda = new LambdaFunction(this, "Function", {
      description: about,
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      code,
      handler: HANDLER,
      memorySize: memoryMb,
      ...(reservedConcurrency !== undefined && { reservedConcurrentExecutions: reservedConcurrency }),
      timeout: Duration.seconds(timeout),
      environment: { ...variables, POWERTOOLS_SERVICE_NAME: Aws.STACK_NAME },
      role: this.role,
      logGroup,
      // Lambda writes no START, END and REPORT lines. It passes on lines that are JSON already, whatever their level:
      // https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-logformat.html
      loggingFormat: LoggingFormat.JSON,
      systemLogLevelV2: SystemLogLevel.WARN,
      applicationLogLevelV2: ApplicationLogLevel.TRACE,
      // Traces cost 5 USD per million beyond the first 100,000 a month: `traceFunctions` enables them if the config
      // does.
      tracing: Tracing.DISABLED,
      ...(callsItself && { recursiveLoop: RecursiveLoop.ALLOW }),
    });
  }
}

/** Creates a log group that is removed with the stack. */
export const makeLogGroup = (scope: Construct, id = "Log"): LogGroup =>
  new LogGroup(scope, id, { removalPolicy: RemovalPolicy.DESTROY });

/** Sets how long the logs of all functions that a scope has so far are kept. */
export const retainLogs = (scope: Construct, days: number): void => {
  for (const construct of scope.node.findAll()) if (construct instanceof CfnLogGroup) construct.retentionInDays = days;
};

/** Enables X-Ray for all functions that a scope has so far. */
export const traceFunctions = (scope: Construct): void => {
  for (const construct of scope.node.findAll()) {
    if (!(construct instanceof KintounFunction)) continue;
    (construct.lambda.node.defaultChild as CfnFunction).tracingConfig = { mode: "Active" };
    grantWildcard(construct.role, {
      actions: ["xray:PutTelemetryRecords", "xray:PutTraceSegments"],
      resources: ["*"],
      reason: "These X-Ray actions do not support resource-level permissions.",
    });
  }
};
