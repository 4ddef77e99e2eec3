import { Duration, RemovalPolicy, Validations } from "aws-cdk-lib";
import { PolicyStatement, type Role } from "aws-cdk-lib/aws-iam";
import { BlockPublicAccess, Bucket, BucketEncryption, HttpMethods } from "aws-cdk-lib/aws-s3";
import { Construct } from "constructs";
import type { Config } from "../config/config.ts";
import type { FilesNeed } from "../kit/need.ts";
import { findSibling } from "./find-sibling.ts";
import { grantWildcard } from "./grants/wildcard.ts";

const idOf = (plugin: string): string => `Files-${plugin}`;

/** How long a browser keeps the answer to a preflight request. */
const CORS_MAX_AGE_SECONDS = 3600;

/** The bucket with the files of a plugin. Clients reach it by signed URLs only. */
export class PluginFiles extends Construct {
  readonly #bucket: Bucket;

  constructor(scope: Construct, plugin: string, needs: readonly FilesNeed[], corsOrigins: readonly string[]) {
    super(scope, idOf(plugin));
    const expiring = needs.flatMap(({ expireDays }) => Object.entries(expireDays));
    this.#bucket = new Bucket(this, "Bucket", {
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      encryption: BucketEncryption.S3_MANAGED,
      enforceSSL: true,
      lifecycleRules: [
        { abortIncompleteMultipartUploadAfter: Duration.days(1) },
        ...expiring.map(([prefix, days]) => ({ prefix, expiration: Duration.days(days) })),
      ],
      ...(corsOrigins.length > 0 && {
        cors: [
          {
            allowedOrigins: [...corsOrigins],
            allowedMethods: [HttpMethods.GET, HttpMethods.HEAD, HttpMethods.PUT],
            allowedHeaders: ["content-type", "content-disposition", "x-amz-checksum-sha256", "range"],
            exposedHeaders: ["ETag"],
            maxAge: CORS_MAX_AGE_SECONDS,
          },
        ],
      }),
      // These are users' data, as the table is.
      removalPolicy: RemovalPolicy.RETAIN,
    });
    Validations.of(this.#bucket).acknowledge({
      id: "AwsSolutions-S1",
      reason: "The store logs who gets a signed URL, and a log of the bucket is billed per request.",
    });
  }

  /** That of a plugin in a stack. Throws if there is none. */
  static of(scope: Construct, plugin: string): PluginFiles {
    const found = findSibling(scope, idOf(plugin));
    if (found instanceof PluginFiles) return found;
    throw new TypeError(`The stack has no bucket for the files of ${plugin}.`);
  }

  get bucketName(): string {
    return this.#bucket.bucketName;
  }

  /** Lets a role read and write files, and delete them if the need says so. */
  grant(role: Role, { deleteScope }: Pick<FilesNeed, "deleteScope">): void {
    const { bucketArn } = this.#bucket;
    // Without it, S3 answers 403 instead of 404 for a missing file.
    role.addToPolicy(new PolicyStatement({ actions: ["s3:ListBucket"], resources: [bucketArn] }));
    grantWildcard(role, {
      actions: ["s3:GetObject", "s3:PutObject", ...(deleteScope === undefined ? ["s3:DeleteObject"] : [])],
      resources: [`${bucketArn}/*`],
      reason: "The bucket has the files of this plugin only.",
    });
  }
}

/** Creates the bucket of each plugin that has files. Returns the names of the buckets by plugin. */
export const createPluginFiles = (
  scope: Construct,
  { plugins, settings: { corsOrigins = [] } }: Pick<Config, "plugins" | "settings">,
): Readonly<Record<string, string>> =>
  Object.fromEntries(
    plugins.flatMap(({ name, needs }) => {
      const files = Object.values(needs).filter((need) => need.kind === "files");
      return files.length === 0 ? [] : [[name, new PluginFiles(scope, name, files, corsOrigins).bucketName]];
    }),
  );
