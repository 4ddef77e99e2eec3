import { describe, expect, it } from "@jest/globals";
import { search } from "../../plugins/search/index.ts";
import { roleOf } from "./roles.ts";
import { type Resource, synthesize, variablesOf } from "./synthesize.ts";

const operator = "arn:aws:iam::123456789012:role/operator";
const options = { name: "kintoun-books", maxOcu: 4, operators: [operator] };

describe("search in OpenSearch Serverless", () => {
  const stack = synthesize([search({ serverless: options })], { validate: true });
  const one = (type: string): Resource => {
    const [found, ...others] = stack.all(`AWS::OpenSearchServerless::${type}`);
    if (found === undefined || others.length > 0) throw new Error(`There is not one ${type}`);
    return found;
  };
  const functions = {
    search: "serves searches",
    api: "serves the HTTP API",
    worker: "runs the listener search-index",
    jobs: "runs the jobs of search",
  };
  const roleArn = (about: string) => String(stack.lambda(about).properties.Role);

  it("is a collection of the generation that scales to zero", () => {
    expect(one("CollectionGroup").properties).toMatchObject({
      Name: "kintoun-books-group",
      Generation: "NEXTGEN",
      StandbyReplicas: "ENABLED",
      CapacityLimits: {
        MinIndexingCapacityInOcu: 0,
        MinSearchCapacityInOcu: 0,
        MaxIndexingCapacityInOcu: 4,
        MaxSearchCapacityInOcu: 4,
      },
    });
    expect(one("Collection").properties).toMatchObject({
      Name: "kintoun-books",
      Type: "SEARCH",
      CollectionGroupName: "kintoun-books-group",
    });
  });

  it("is created after its policies, which concern no other collection", () => {
    const policies = stack.all("AWS::OpenSearchServerless::SecurityPolicy");
    expect(policies.map(({ properties }) => properties.Type).sort()).toEqual(["encryption", "network"]);
    for (const { id, properties } of policies) {
      expect(String(properties.Policy)).toContain('["collection/kintoun-books"]');
      expect((one("Collection") as Resource & { DependsOn: readonly string[] }).DependsOn).toContain(id);
    }
  });

  it("lets the functions search, and only the worker and operators write", () => {
    const [readers, writers] = JSON.parse(String(one("AccessPolicy").properties.Policy)) as {
      Rules: { ResourceType: string; Resource: string[]; Permission: string[] }[];
      Principal: string[];
    }[];

    expect(readers?.Principal.sort()).toEqual([roleArn(functions.search), roleArn(functions.api)].sort());
    expect(writers?.Principal.sort()).toEqual([roleArn(functions.worker), roleArn(functions.jobs), operator].sort());
    expect(readers?.Rules.flatMap(({ Permission }) => Permission)).toEqual(["aoss:DescribeIndex", "aoss:ReadDocument"]);
    expect(writers?.Rules.flatMap(({ Resource }) => Resource)).toEqual([
      "index/kintoun-books/kintoun-*",
      "collection/kintoun-books",
    ]);
  });

  it.each(Object.entries(functions))("allows %s to call the collection and no domain", (_, about) => {
    const statements = roleOf(stack, stack.lambda(about));
    const actions = statements.flatMap((statement) => statement.actions);
    expect(actions.filter((action) => /^(es|aoss):/.test(action))).toEqual(["aoss:APIAccessAll"]);
    const { resources } = statements.find((statement) => statement.actions.includes("aoss:APIAccessAll")) ?? {};
    expect(resources).toEqual([`<${one("Collection").id}.Arn>`]);
    expect(variablesOf(stack.lambda(about)).KINTOUN_SEARCH_ENDPOINTS).toMatch(/^kintoun-books=/);
  });

  it("cannot be combined with a domain", () => {
    expect(() => synthesize([search({ domain: "books", serverless: options })])).toThrow(
      "cannot be combined with domain. Keep one of them",
    );
  });
});
