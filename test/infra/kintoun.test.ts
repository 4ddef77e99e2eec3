import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { App, RemovalPolicy, Stack, Tags } from "aws-cdk-lib";
import { Match, Template } from "aws-cdk-lib/assertions";
import { Certificate } from "aws-cdk-lib/aws-certificatemanager";
import { type IVpc, Vpc } from "aws-cdk-lib/aws-ec2";
import { Code } from "aws-cdk-lib/aws-lambda";
import { HostedZone } from "aws-cdk-lib/aws-route53";
import { readConfig } from "../../config/config.ts";
import { UserError } from "../../config/user-error.ts";
import { Kintoun } from "../../infra/kintoun.ts";
import { StoreResources } from "../../infra/stack.ts";
import { basicauth } from "../../plugins/basicauth/index.ts";

const folder = mkdtempSync(join(tmpdir(), "kintoun-construct-"));
afterAll(() => rmSync(folder, { recursive: true }));
const createApp = () => new App({ builtinCloudFormationValidation: false, outdir: join(folder, "cdk.out") });

const writeConfig = (name: string, text: string): string => {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
};

describe("Kintoun", () => {
  let template: Template;
  let store: Kintoun;
  beforeAll(() => {
    // What the code of an app says is not overridden by where it is deployed from.
    process.env.KINTOUN_PAGINATE_BY = "9";
    try {
      const stack = new Stack(createApp(), "Shop");
      store = new Kintoun(stack, "Store", {
        config: writeConfig(
          "kintoun.config.ts",
          `import { admin } from ${JSON.stringify(join(import.meta.dirname, "../../plugins/admin/index.ts"))};
           export default { plugins: [admin()] };`,
        ),
        variables: { KINTOUN_PAGINATE_BY: "7", KINTOUN_DEPLOY_API_MEMORY_MB: "512" },
        removalPolicy: RemovalPolicy.DESTROY,
      });
      Tags.of(store).add("team", "shop");
      template = Template.fromStack(stack);
    } finally {
      delete process.env.KINTOUN_PAGINATE_BY;
    }
  });

  it("makes a store with a table of its own, which is deleted with the stack if that is wanted", () => {
    template.hasResource("AWS::DynamoDB::Table", {
      DeletionPolicy: "Delete",
      Properties: { DeletionProtectionEnabled: false, Tags: [{ Key: "team", Value: "shop" }] },
    });
    template.hasResourceProperties("AWS::Lambda::EventSourceMapping", {
      EventSourceArn: { "Fn::GetAtt": [Match.stringLikeRegexp("^StoreTable"), "StreamArn"] },
    });
    expect(Object.keys(template.findOutputs("*"))).toEqual(expect.arrayContaining(["Url", "TableName"]));
  });

  it("says where the pages of plugins are", () => {
    expect(
      Object.values(template.findOutputs("*", { Description: "Buckets, collections, groups and records." })),
    ).toEqual([expect.objectContaining({ Value: { "Fn::Join": ["", expect.arrayContaining(["/v1/admin/"])] } })]);
    expect(Object.keys(template.findOutputs("AdminUrl"))).toHaveLength(1);
  });

  it("overrides the config by the variables of the app alone", () => {
    template.hasResourceProperties("AWS::Lambda::Function", {
      Description: "Kintoun: serves the HTTP API",
      MemorySize: 512,
    });
    const code = readFileSync(join(folder, "cdk.out/Shop/bundles/api/main.mjs"), "utf8");
    expect(code).toContain("paginateBy:7");
  });

  it("refuses a second store in a stack", () => {
    const create = () => new Kintoun(Stack.of(store), "Other", { config: join(folder, "kintoun.config.ts") });

    expect(create).toThrow(
      new UserError(["The stack Shop already has the store Store. Create Other in another stack."]),
    );
  });

  it.each([
    ["a missing file", "missing.ts", undefined, /^There is no kintoun\.config\.ts in .*npm create kintoun/],
    ["a syntax error", "broken.ts", "export default {", /^kintoun\.config\.ts cannot be loaded: /],
    ["an await outside of functions", "waits.ts", "await 1; export default {};", /has an await outside of functions/],
    ["a wrong setting", "wrong.ts", "export default { plugins: [], colors: {} };", /colors is not a known field/],
    [
      "a placeholder",
      "placeholder.ts",
      "export default { plugins: [], settings: { httpHost: 'store.example.org' } };",
      /example\.org, which is a placeholder/,
    ],
  ])("refuses %s", (_, name, text, message) => {
    const config = text === undefined ? join(folder, name) : writeConfig(name, text);

    expect(() => new Kintoun(new Stack(createApp(), "Refused"), "Store", { config })).toThrow(message);
  });
});

describe("options of a store", () => {
  const createStack = (
    options: (stack: Stack) => Partial<ConstructorParameters<typeof StoreResources>[1]>,
  ): Template => {
    const stack = new Stack(createApp(), "Shop");
    const code = Code.fromInline("export const handler = () => {}");
    new StoreResources(stack, {
      config: readConfig({ plugins: [basicauth()] }),
      code: { api: code, search: code, dispatch: code, worker: code },
      table: "Shop",
      ...options(stack),
    });
    return Template.fromStack(stack);
  };
  const domainOf = (stack: Stack, region = "eu-central-1") => ({
    name: "api.shop.test",
    certificate: Certificate.fromCertificateArn(stack, "Certificate", `arn:aws:acm:${region}:1:certificate/c`),
    hostedZone: HostedZone.fromHostedZoneAttributes(stack, "Zone", { hostedZoneId: "Z", zoneName: "shop.test" }),
  });

  it("serve the API under a domain", () => {
    const template = createStack((stack) => ({ domain: domainOf(stack) }));

    template.hasResourceProperties("AWS::ApiGatewayV2::DomainName", { DomainName: "api.shop.test" });
    template.resourceCountIs("AWS::ApiGatewayV2::ApiMapping", 1);
    template.hasResourceProperties("AWS::Route53::RecordSet", { Name: "api.shop.test.", Type: "A" });
    template.hasOutput("Url", { Value: "https://api.shop.test/v1/" });
    template.resourceCountIs("AWS::CloudFront::Distribution", 0);
  });

  it("put CloudFront in front of the API", () => {
    const template = createStack((stack) => ({
      domain: {
        ...domainOf(stack, "us-east-1"),
        cloudFront: { webAclArn: "arn:aws:wafv2:us-east-1:1:global/webacl/shop/1" },
      },
    }));

    template.hasResourceProperties("AWS::CloudFront::Distribution", {
      DistributionConfig: {
        Aliases: ["api.shop.test"],
        WebACLId: "arn:aws:wafv2:us-east-1:1:global/webacl/shop/1",
        DefaultCacheBehavior: { Compress: true, ViewerProtocolPolicy: "https-only" },
      },
    });
    // CloudFront passes on credentials only if they are in the key.
    template.hasResourceProperties("AWS::CloudFront::CachePolicy", {
      CachePolicyConfig: {
        MinTTL: 0,
        DefaultTTL: 0,
        ParametersInCacheKeyAndForwardedToOrigin: {
          HeadersConfig: { HeaderBehavior: "whitelist", Headers: ["Authorization", "Accept", "Origin"] },
          QueryStringsConfig: { QueryStringBehavior: "all" },
        },
      },
    });
    template.hasResourceProperties("AWS::CloudFront::ResponseHeadersPolicy", {
      ResponseHeadersPolicyConfig: { CorsConfig: { OriginOverride: false } },
    });
    template.hasOutput("DomainTarget", {
      Value: { "Fn::GetAtt": [Match.stringLikeRegexp("Distribution"), "DomainName"] },
    });
  });

  it("put all functions into a network, with endpoints that cost nothing", () => {
    const template = createStack((stack) => ({ network: { vpc: new Vpc(stack, "Vpc") as IVpc } }));

    const functions = Object.values(template.findResources("AWS::Lambda::Function")).filter(
      ({ Properties }) => Properties.Description !== undefined,
    );
    expect(functions.length).toBeGreaterThan(2);
    for (const { Properties } of functions) expect(Properties.VpcConfig.SubnetIds).toHaveLength(2);
    template.resourceCountIs("AWS::EC2::VPCEndpoint", 2);
    expect(JSON.stringify(template.findResources("AWS::IAM::Policy"))).toContain("ec2:CreateNetworkInterface");
  });
});
