import { Duration, RemovalPolicy, Validations } from "aws-cdk-lib";
import { PolicyStatement, type Role } from "aws-cdk-lib/aws-iam";
import { BlockPublicAccess, Bucket, BucketEncryption } from "aws-cdk-lib/aws-s3";
import { Construct } from "constructs";
import { SNAPSHOT_PREFIX } from "../adapters/snapshots/s3.ts";
import type { Config } from "../config/config.ts";
import { findSibling } from "./find-sibling.ts";
import { grantWildcard } from "./grants/wildcard.ts";

const ID = "IndexCopies";

/** How long a copy is kept. An index without one is made from the records, and copied again. */
const RETENTION_DAYS = 30;

/**
 * The bucket in which the embedded search engine keeps copies of its indexes, with which functions begin. All of it can be
 * made again from the table.
 */
export class IndexCopies extends Construct {
  readonly #bucket: Bucket;

  constructor(scope: Construct) {
    super(scope, ID);
    this.#bucket = new Bucket(this, "Bucket", {
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      encryption: BucketEncryption.S3_MANAGED,
      enforceSSL: true,
      lifecycleRules: [
        {
          expiration: Duration.days(RETENTION_DAYS),
          abortIncompleteMultipartUploadAfter: Duration.days(1),
        },
      ],
      // CloudFormation cannot delete a bucket with objects. These expire.
      removalPolicy: RemovalPolicy.RETAIN,
    });
    Validations.of(this.#bucket).acknowledge({
      id: "AwsSolutions-S1",
      reason: "It has copies of indexes, which only functions of this stack read.",
    });
  }

  /** The one of a stack. Throws if there is none. */
  static of(scope: Construct): IndexCopies {
    const found = findSibling(scope, ID);
    if (found instanceof IndexCopies) return found;
    throw new TypeError("The stack has no bucket for copies of indexes.");
  }

  get bucketName(): string {
    return this.#bucket.bucketName;
  }

  /** Lets a role find, read and write copies. */
  grant(role: Role): void {
    const { bucketArn } = this.#bucket;
    role.addToPolicy(
      new PolicyStatement({
        actions: ["s3:ListBucket"],
        resources: [bucketArn],
        conditions: { StringLike: { "s3:prefix": `${SNAPSHOT_PREFIX}*` } },
      }),
    );
    grantWildcard(role, {
      actions: ["s3:GetObject", "s3:PutObject"],
      resources: [`${bucketArn}/${SNAPSHOT_PREFIX}*`],
      reason: "Each copy has a key with its generation and timestamp.",
    });
  }
}

/** Whether searches use the embedded engine. */
export const usesEmbeddedSearch = ({ plugins }: Pick<Config, "plugins">): boolean =>
  plugins
    .flatMap((plugin) => Object.values(plugin.needs))
    .some((need) => need.kind === "search" && need.domain === undefined && need.serverless === undefined);
