import { objectOf, objectsOf, type ResourceType } from "./resource-type.ts";

/** AWS::S3::Bucket */
export const bucket: ResourceType = {
  properties: [
    "BucketEncryption",
    "BucketName",
    "CorsConfiguration",
    "LifecycleConfiguration",
    "OwnershipControls",
    "PublicAccessBlockConfiguration",
    "Tags",
    "VersioningConfiguration",
  ],
  replacedBy: ["BucketName"],
  async create({ account, properties, generateName }) {
    const name = typeof properties.BucketName === "string" ? properties.BucketName : generateName(63).toLowerCase();
    const response = await fetch(`${account.engines.s3}/${name}`, {
      method: "PUT",
      headers: { authorization: "local" },
    });
    if (!response.ok && response.status !== 409)
      throw new Error(`The bucket ${name} was not created: ${await response.text()}`);
    const rules = objectsOf(objectOf(properties.CorsConfiguration).CorsRules);
    account.buckets.set(name, {
      corsOrigins: rules.flatMap(({ AllowedOrigins }) =>
        Array.isArray(AllowedOrigins) ? AllowedOrigins.map(String) : [],
      ),
    });
    return { ref: name, attributes: { Arn: `arn:aws:s3:::${name}`, DomainName: `${name}.s3.amazonaws.com` } };
  },
};
