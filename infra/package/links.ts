import { basename } from "node:path";
import { TEMPLATE_FILE } from "./write-package.ts";

export interface PublishedPackage {
  /** The bucket that the folder is uploaded to. */
  readonly bucket: string;
  readonly region: string;
  /** Where in the bucket the folder is, with a slash at its end; empty for the top. */
  readonly prefix: string;
  readonly folder: string;
}

/** The name of the stack that a link suggests. */
const STACK_NAME = "Kintoun";

/** The address of the template, from which CloudFormation reads it. */
const toTemplateUrl = ({ bucket, region, prefix, folder }: PublishedPackage): string =>
  `https://${bucket}.s3.${region}.amazonaws.com/${prefix}${basename(folder)}/${TEMPLATE_FILE}`;

/**
 * A link that opens the console's form for a new stack, with its template.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cfn-console-create-stacks-quick-create-links.html
 */
export const toQuickCreateLink = (published: PublishedPackage): string => {
  const { bucket, region, prefix } = published;
  const query = new URLSearchParams({
    templateURL: toTemplateUrl(published),
    stackName: STACK_NAME,
    param_CodeBucket: bucket,
    ...(prefix !== "" && { param_CodePrefix: prefix }),
  });
  return `https://${region}.console.aws.amazon.com/cloudformation/home?region=${region}#/stacks/quickcreate?${query}`;
};

/** What to do with a package for a bucket. */
export const formatLinks = (published: PublishedPackage): readonly string[] => [
  `1. Upload the folder to the bucket ${published.bucket}, in the console or with:`,
  `   aws s3 cp --recursive ${published.folder} s3://${published.bucket}/${published.prefix}${basename(published.folder)}/`,
  "2. Create the stack with this link:",
  `   ${toQuickCreateLink(published)}`,
  `   To update a stack, use this template: ${toTemplateUrl(published)}`,
];
