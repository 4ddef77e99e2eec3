import { parsePolicy } from "../iam/statement.ts";
import { type CreatedResource, type ResourceContext, type ResourceType, requireText } from "./resource-type.ts";

const setPolicy = (context: ResourceContext, arns: readonly string[]): CreatedResource => {
  const { account, logicalId, properties } = context;
  const statements = parsePolicy(properties.PolicyDocument);
  for (const arn of arns) account.directory.setResourcePolicy(arn, logicalId, statements);
  return {
    ref: logicalId,
    attributes: {},
    stop: async () => {
      for (const arn of arns) account.directory.setResourcePolicy(arn, logicalId, []);
    },
  };
};

/** AWS::SQS::QueuePolicy */
export const queuePolicy: ResourceType = {
  properties: ["PolicyDocument", "Queues"],
  async create(context) {
    const { account, properties } = context;
    const urls = Array.isArray(properties.Queues) ? properties.Queues.map(String) : [];
    return setPolicy(
      context,
      urls.map((url) => account.queueArn(url)),
    );
  },
};

/** AWS::S3::BucketPolicy */
export const bucketPolicy: ResourceType = {
  properties: ["Bucket", "PolicyDocument"],
  create: async (context) => setPolicy(context, [`arn:aws:s3:::${requireText(context, "Bucket")}`]),
};
