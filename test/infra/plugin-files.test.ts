import { describe, expect, it } from "@jest/globals";
import { attachments } from "../../plugins/attachments/index.ts";
import { email } from "../../plugins/email/index.ts";
import { roleOf } from "./roles.ts";
import { PLUGINS, synthesize, variablesOf } from "./synthesize.ts";

describe("files of plugins", () => {
  const recipients = ["watcher@example.org"];
  const stack = synthesize([attachments(), email({ from: "store@example.org", recipients })], { validate: true });
  const [bucket, ...others] = stack.all("AWS::S3::Bucket");
  const actionsOf = (about: string) =>
    roleOf(stack, stack.lambda(about))
      .flatMap(({ actions }) => actions)
      .filter((action) => action.startsWith("s3:"))
      .sort();

  it("are in a private, encrypted bucket that stays, with CORS for the origins of the settings", () => {
    expect(others).toEqual([]);
    expect(bucket?.DeletionPolicy).toBe("Retain");
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
      CorsConfiguration: {
        CorsRules: [{ AllowedOrigins: ["*"], AllowedMethods: ["GET", "HEAD", "PUT"] }],
      },
      LifecycleConfiguration: {
        Rules: [
          { AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 } },
          { ExpirationInDays: 30, Prefix: "thumbnails/" },
        ],
      },
    });
    expect(JSON.stringify(stack.all("AWS::S3::BucketPolicy"))).toContain("aws:SecureTransport");
  });

  it("can be deleted by the plugin's own workers only", () => {
    expect(actionsOf("serves the HTTP API")).toEqual(["s3:GetObject", "s3:ListBucket", "s3:PutObject"]);
    for (const about of ["runs the listener attachments-follow", "runs the jobs of attachments"])
      expect(actionsOf(about)).toEqual(["s3:DeleteObject", "s3:GetObject", "s3:ListBucket", "s3:PutObject"]);
  });

  it.each([
    "runs the listener email-notify",
    "runs the listener store-purge",
    "sends changes to the listeners' queues",
  ])("are out of reach of the function that %s", (about) => {
    expect(actionsOf(about)).toEqual([]);
  });

  it("are found by a variable, and need no bucket without such a plugin", () => {
    expect(variablesOf(stack.lambda("serves the HTTP API")).KINTOUN_FILES).toBe(`attachments=<${bucket?.id}>`);
    expect(synthesize(PLUGINS).all("AWS::S3::Bucket")).toEqual([]);
  });
});
