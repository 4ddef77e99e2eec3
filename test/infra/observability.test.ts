import { describe, expect, it } from "@jest/globals";
import { AwsSolutionsChecks } from "cdk-nag";
import { allows, roleOf } from "./roles.ts";
import { PLUGINS, stackOf, synthesize, variablesOf } from "./synthesize.ts";

const TRACED = { overrides: { observability: { tracing: true } } };

describe("observability of functions", () => {
  it("uses the stack's name as the service name", () => {
    for (const lambda of synthesize().all("AWS::Lambda::Function"))
      expect(variablesOf(lambda).POWERTOOLS_SERVICE_NAME).toBe("<AWS::StackName>");
  });

  it("has no tracing and no X-Ray permission by default", () => {
    const stack = synthesize();
    for (const lambda of stack.all("AWS::Lambda::Function")) {
      expect(lambda.properties.TracingConfig).toBeUndefined();
      expect(
        roleOf(stack, lambda).flatMap(({ actions }) => actions.filter((action) => action.startsWith("xray:"))),
      ).toEqual([]);
    }
  });

  it("traces all functions if the config enables it", () => {
    const stack = synthesize(PLUGINS, TRACED);
    const lambdas = stack.all("AWS::Lambda::Function");

    expect(lambdas.length).toBeGreaterThan(4);
    for (const lambda of lambdas) {
      expect(lambda.properties.TracingConfig).toEqual({ Mode: "Active" });
      for (const action of ["xray:PutTraceSegments", "xray:PutTelemetryRecords"])
        expect(allows(roleOf(stack, lambda), { action, resource: "*" })).toBe(true);
    }
  });

  it("has no cdk-nag findings with tracing", () => {
    expect(new AwsSolutionsChecks().validateScope(stackOf(PLUGINS, TRACED)).violations).toEqual([]);
  });
});
