import { describe, expect, it } from "@jest/globals";
import { search } from "../../plugins/search/index.ts";
import { roleOf } from "./roles.ts";
import { PLUGINS, synthesize, variablesOf } from "./synthesize.ts";

describe("search without OpenSearch", () => {
  const stack = synthesize([search()], { validate: true });
  const [bucket, ...others] = stack.all("AWS::S3::Bucket");
  const statements = (about: string) =>
    roleOf(stack, stack.lambda(about)).filter(({ actions }) => actions.some((action) => action.startsWith("s3:")));

  it("keeps copies of indexes for 30 days in a private, encrypted bucket", () => {
    expect(others).toEqual([]);
    expect(bucket?.properties).toMatchObject({
      BucketEncryption: {
        ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: "AES256" } }],
      },
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      },
      LifecycleConfiguration: { Rules: [expect.objectContaining({ ExpirationInDays: 30, Status: "Enabled" })] },
    });
  });

  it.each(["serves searches", "serves the HTTP API", "runs the listener search-index"])(
    "lets the function that %s find, read and write copies, and nothing else in S3",
    (about) => {
      expect(
        statements(about)
          .flatMap(({ actions }) => actions)
          .sort(),
      ).toEqual(["s3:GetObject", "s3:ListBucket", "s3:PutObject"]);
      expect(JSON.stringify(statements(about).map(({ resources }) => resources))).toContain("/search/*");
      expect(variablesOf(stack.lambda(about)).KINTOUN_INDEX_COPIES).toBe(`<${bucket?.id}>`);
    },
  );

  it.each(["runs the listener store-purge", "sends changes to the listeners' queues"])(
    "gives the function that %s no access to copies",
    (about) => {
      expect(statements(about)).toEqual([]);
    },
  );

  it("needs no bucket with a domain", () => {
    expect(synthesize(PLUGINS).all("AWS::S3::Bucket")).toEqual([]);
  });
});
