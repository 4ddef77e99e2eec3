import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "@jest/globals";
import { App } from "aws-cdk-lib";
import { Template } from "aws-cdk-lib/assertions";
import { Code } from "aws-cdk-lib/aws-lambda";
import { readConfig } from "../../config/config.ts";
import type { Overrides } from "../../config/environment.ts";
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

/** Creates the stack of a config, with placeholders for the code. */
export const stackOf = (
  plugins: KintounConfig["plugins"] = PLUGINS,
  { overrides = {}, variables = {} }: { overrides?: Overrides; variables?: Record<string, string> } = {},
) => {
  const code = Code.fromInline("export const handler = () => {}");
  return new KintounStack(new App({ context, outdir: join(assemblies, String(assemblyCount++)) }), "Kintoun", {
    config: readConfig({ plugins }, overrides),
    code: { api: code, search: code, dispatch: code, worker: code },
    overrides: variables,
  });
};

export interface Resource {
  readonly id: string;
  readonly properties: Readonly<Record<string, unknown>>;
  readonly DeletionPolicy?: string;
}

/**
 * Synthesizes the template of a config. References become text such as `<Table.Arn>`. Throws if Lambda does not document
 * its filters.
 */
export const synthesize = (...config: Parameters<typeof stackOf>) => {
  const { Resources } = Template.fromStack(stackOf(...config)).toJSON() as {
    Resources: Record<string, { Type: string; Properties?: Record<string, unknown>; DeletionPolicy?: string }>;
  };
  const all = (type: string): Resource[] =>
    Object.entries(Resources)
      .filter(([, { Type }]) => Type === type)
      .map(([id, { Properties = {}, ...others }]) => ({
        id,
        ...others,
        properties: plain(Properties) as Record<string, unknown>,
      }));
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
  return { all, lambda };
};

export type Synthesized = ReturnType<typeof synthesize>;

/** The URL that SQS assigns to a queue. */
export const urlOf = ({ properties }: Resource): string =>
  `https://sqs.<AWS::Region>.<AWS::URLSuffix>/<AWS::AccountId>/${String(properties.QueueName)}`;

/** The environment variables of a function. */
export const variablesOf = ({ properties }: Resource) =>
  (properties.Environment as { Variables: Record<string, string> }).Variables;

const plain = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  if ("Ref" in value) return `<${value.Ref}>`;
  if ("Fn::GetAtt" in value) return `<${(value["Fn::GetAtt"] as string[]).join(".")}>`;
  if ("Fn::Join" in value) {
    const [delimiter, parts] = value["Fn::Join"] as [string, unknown[]];
    return parts.map(plain).join(delimiter);
  }
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]));
};
