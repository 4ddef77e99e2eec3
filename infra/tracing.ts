import type { Stack } from "aws-cdk-lib";
import type { CfnFunction } from "aws-cdk-lib/aws-lambda";
import { KintounFunction } from "./function.ts";
import { allowWildcard } from "./grants/wildcard.ts";

/** Has X-Ray follow what the stack's functions do, those that are there already. */
export const traceFunctions = (stack: Stack): void => {
  for (const made of stack.node.findAll()) {
    if (!(made instanceof KintounFunction)) continue;
    (made.lambda.node.defaultChild as CfnFunction).tracingConfig = { mode: "Active" };
    allowWildcard(made.role, {
      actions: ["xray:PutTelemetryRecords", "xray:PutTraceSegments"],
      resources: ["*"],
      reason: "X-Ray has no resources that these actions could be bound to.",
    });
  }
};
