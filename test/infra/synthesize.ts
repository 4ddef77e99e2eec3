import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "@jest/globals";
import { App, type Stack } from "aws-cdk-lib";
import { Template } from "aws-cdk-lib/assertions";
import { Code } from "aws-cdk-lib/aws-lambda";
import { readConfig } from "../../config/config.ts";
import type { Overrides } from "../../config/environment.ts";
import { DataStack } from "../../infra/data-stack.ts";
import { KintounStack } from "../../infra/stack.ts";
import type { KintounConfig } from "../../kit/config.ts";
import { basicauth } from "../../plugins/basicauth/index.ts";
import { defaultBucket } from "../../plugins/default-bucket/index.ts";
import { email } from "../../plugins/email/index.ts";
import { search } from "../../plugins/search/index.ts";
import { findFilterIssues } from "./stream-filter-issues.ts";

export const PLUGINS: KintounConfig["plugins"] = [
  basicauth(),
  defaultBucket(),
  search({ domain: "finder" }),
  email({ from: "desk@example.org", recipients: ["watcher@example.org"] }),
];

const { context } = JSON.parse(readFileSync(join(import.meta.dirname, "../../cdk.json"), "utf8")) as {
  context: Record<string, unknown>;
};

/** Folder of the assemblies; removed after the tests of the file. */
const assemblies = mkdtempSync(join(tmpdir(), "kintoun-synth-"));
let assemblyCount = 0;
afterAll(() => rmSync(assemblies, { recursive: true, force: true }));

interface StackOptions {
  readonly overrides?: Overrides;
  readonly variables?: Record<string, string>;
  /** Whether CDK checks the template by CloudFormation's schemas and rules, which takes seconds. */
  readonly validate?: boolean;
}

/** Creates the stack of a config, with placeholders for the code. */
export const stackOf = (
  plugins: KintounConfig["plugins"] = PLUGINS,
  { overrides = {}, variables = {}, validate = false }: StackOptions = {},
) => {
  const code = Code.fromInline("export const handler = () => {}");
  const outdir = join(assemblies, String(assemblyCount++));
  return new KintounStack(new App({ context, outdir, builtinCloudFormationValidation: validate }), "Kintoun", {
    config: readConfig({ plugins }, overrides),
    code: { api: code, search: code, dispatch: code, worker: code },
    table: "Kintoun",
    overrides: variables,
  });
};

/** The ARN of the table, which another stack owns. */
export const TABLE_ARN = "arn:<AWS::Partition>:dynamodb:<AWS::Region>:<AWS::AccountId>:table/Kintoun";

/** Resources that only deployments use: the calls to AWS, and the function of CDK that makes them. */
const isDeployCall = (id: string): boolean => /^(DeployCalls|AWS679f53fac002430cb0da5b7982bd2287)/.test(id);

export interface Resource {
  readonly id: string;
  readonly properties: Readonly<Record<string, unknown>>;
  readonly DeletionPolicy?: string;
}

/**
 * Synthesizes the template of a config. References become text such as `<Queue.Arn>`. Throws if Lambda does not document
 * its filters. `all` leaves out what only deployments use.
 */
export const synthesize = (...config: Parameters<typeof stackOf>) => {
  const resources = resourcesOf(stackOf(...config));
  const all = (type: string): Resource[] => resources(type).filter(({ id }) => !isDeployCall(id));
  /** What only deployments use. */
  const deployment = (type: string): Resource[] => resources(type).filter(({ id }) => isDeployCall(id));
  const filterIssues = all("AWS::Lambda::EventSourceMapping").flatMap(({ properties }) => findFilterIssues(properties));
  if (filterIssues.length > 0) throw new Error(`Filters of the template: ${filterIssues.join("; ")}`);
  /** Finds the function by the end of its description. */
  const lambda = (description: string): Resource => {
    const found = all("AWS::Lambda::Function").find(({ properties }) =>
      String(properties.Description).endsWith(description),
    );
    if (found === undefined) throw new Error(`The template has no function that ${description}`);
    return found;
  };
  return { all, deployment, lambda };
};

/** The table, which is in a stack of its own. */
export const synthesizeTable = (): Resource => {
  const [table, ...others] = resourcesOf(
    new DataStack(new App({ context, builtinCloudFormationValidation: false }), "Kintoun-data", { table: "Kintoun" }),
  )("AWS::DynamoDB::Table");
  if (table === undefined || others.length > 0) throw new Error("The stack does not have one table");
  return table;
};

/** The resources of a template by type. */
const resourcesOf = (stack: Stack) => {
  const { Resources } = Template.fromStack(stack).toJSON() as {
    Resources: Record<string, { Type: string; Properties?: Record<string, unknown>; DeletionPolicy?: string }>;
  };
  return (type: string): Resource[] =>
    Object.entries(Resources)
      .filter(([, { Type }]) => Type === type)
      .map(([id, { Properties = {}, ...others }]) => ({
        id,
        ...others,
        properties: plain(Properties) as Record<string, unknown>,
      }));
};

export type Synthesized = ReturnType<typeof synthesize>;

/** The URL that SQS assigns to a queue. Those of dead-letter queues are references. */
export const urlOf = ({ id, properties }: Resource): string =>
  properties.QueueName === undefined
    ? `<${id}>`
    : `https://sqs.<AWS::Region>.<AWS::URLSuffix>/<AWS::AccountId>/${String(properties.QueueName)}`;

/** The environment variables of a function. */
export const variablesOf = ({ properties }: Resource) =>
  (properties.Environment as { Variables: Record<string, string> }).Variables;

const plain = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  if ("Ref" in value) return `<${value.Ref}>`;
  // The generation in the names of queues.
  if ("Fn::Select" in value && JSON.stringify(value).includes("AWS::StackId")) return "<Generation>";
  if ("Fn::GetAtt" in value) return `<${(value["Fn::GetAtt"] as string[]).join(".")}>`;
  if ("Fn::Join" in value) {
    const [delimiter, parts] = value["Fn::Join"] as [string, unknown[]];
    return parts.map(plain).join(delimiter);
  }
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]));
};
