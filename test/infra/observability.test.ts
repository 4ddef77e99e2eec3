import { describe, expect, it } from "@jest/globals";
import { AwsSolutionsChecks } from "cdk-nag";
import { allows, roleOf } from "./roles.ts";
import { PLUGINS, stackOf, synthesize, variablesOf } from "./synthesize.ts";

const TRACED = { overrides: { observability: { tracing: true } } };

describe("functions in AWS", () => {
  it("log and are measured under the stack's name, so that two stores in one account are told apart", () => {
    for (const lambda of synthesize().all("AWS::Lambda::Function"))
      expect(variablesOf(lambda).POWERTOOLS_SERVICE_NAME).toBe("Kintoun");
  });

  it("are not traced, nor may say anything to X-Ray, unless the operator wants it", () => {
    const stack = synthesize();
    for (const lambda of stack.all("AWS::Lambda::Function")) {
      expect(lambda.properties.TracingConfig).toBeUndefined();
      expect(
        roleOf(stack, lambda).flatMap(({ actions }) => actions.filter((action) => action.startsWith("xray:"))),
      ).toEqual([]);
    }
  });

  it("are all traced where the operator wants it, and may say what they did", () => {
    const stack = synthesize(PLUGINS, TRACED);
    const lambdas = stack.all("AWS::Lambda::Function");

    expect(lambdas.length).toBeGreaterThan(4);
    for (const lambda of lambdas) {
      expect(lambda.properties.TracingConfig).toEqual({ Mode: "Active" });
      for (const action of ["xray:PutTraceSegments", "xray:PutTelemetryRecords"])
        expect(allows(roleOf(stack, lambda), { action, resource: "*" })).toBe(true);
    }
  });

  it("stay within AWS's own advice when they are traced", () => {
    expect(new AwsSolutionsChecks().validateScope(stackOf(PLUGINS, TRACED)).violations).toEqual([]);
  });
});
