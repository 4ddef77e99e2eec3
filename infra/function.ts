import { Duration, RemovalPolicy, Stack } from "aws-cdk-lib";
import { Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import {
  Architecture,
  type Code,
  Function as LambdaFunction,
  LoggingFormat,
  RecursiveLoop,
  Runtime,
  Tracing,
} from "aws-cdk-lib/aws-lambda";
import { LogGroup, RetentionDays } from "aws-cdk-lib/aws-logs";
import { Construct } from "constructs";
import { FUNCTIONS } from "../config/functions.ts";
import { type FunctionName, HANDLER } from "./bundle.ts";

export interface KintounFunctionProps {
  readonly name: FunctionName;
  /** One line, for the console. */
  readonly about: string;
  readonly code: Code;
  readonly variables: Readonly<Record<string, string>>;
  /** Seconds; as other copies of the function when absent. */
  readonly timeout?: number;
  /** True where the function's own messages come back to it, on purpose. */
  readonly callsItself?: boolean;
}

/** One deployed copy of a function of `functions/`, with a role that may write its own log and nothing else until it is granted. */
export class KintounFunction extends Construct {
  readonly role: Role;
  readonly lambda: LambdaFunction;

  constructor(
    scope: Construct,
    id: string,
    { name, about, code, variables, timeout = FUNCTIONS[name].timeout, callsItself = false }: KintounFunctionProps,
  ) {
    super(scope, id);
    const logGroup = makeLogGroup(this);
    this.role = new Role(this, "Role", { assumedBy: new ServicePrincipal("lambda.amazonaws.com"), description: about });
    logGroup.grantWrite(this.role);
    const { memory } = FUNCTIONS[name];
    this.lambda = new LambdaFunction(this, "Function", {
      description: about,
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      code,
      handler: HANDLER,
      memorySize: memory,
      timeout: Duration.seconds(timeout),
      environment: { ...variables, POWERTOOLS_SERVICE_NAME: Stack.of(this).stackName },
      role: this.role,
      logGroup,
      // The functions write JSON themselves; Lambda's own would wrap it into a string.
      loggingFormat: LoggingFormat.TEXT,
      // Traces cost 5 USD per million beyond the first 100,000 a month: tracing.ts switches them on where the operator says so.
      tracing: Tracing.DISABLED,
      ...(callsItself && { recursiveLoop: RecursiveLoop.ALLOW }),
    });
  }
}

/** A log that forgets after a month, and goes with the stack. */
export const makeLogGroup = (scope: Construct, id = "Log"): LogGroup =>
  new LogGroup(scope, id, { retention: RetentionDays.ONE_MONTH, removalPolicy: RemovalPolicy.DESTROY });
