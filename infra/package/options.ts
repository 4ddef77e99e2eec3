import { parseArgs } from "node:util";
import { UserError } from "../../config/user-error.ts";

export const PACKAGE_USAGE = `Usage: npm run package -- [options]
Writes a CloudFormation template and the code of the functions, from which a store is created in the AWS console.

  --out FOLDER      where the folder of the package is written; dist when left out
  --bucket NAME     the S3 bucket to which you upload it: prints the links for it
  --region REGION   the region of the bucket, such as eu-central-1
  --prefix PATH/    where in the bucket the folder is; at the top when left out
  --help            print this`;

/** What the parameters of the template and its links allow. */
const PATTERNS = {
  bucket: { pattern: /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, expected: "the name of an S3 bucket, such as my-code" },
  region: { pattern: /^[a-z]{2,}(-[a-z]+)+-\d{1,2}$/, expected: "an AWS region, such as eu-central-1" },
  prefix: { pattern: /^$|^[A-Za-z0-9._/-]{1,500}\/$/, expected: "a path with a slash at its end, such as kintoun/" },
} as const;

/** Reads the arguments of `npm run package`. Throws a {@link UserError}. */
export const readPackageOptions = (args: readonly string[]) => {
  const text = { type: "string" } as const;
  try {
    const options = { bucket: text, region: text, prefix: text, out: text, help: { type: "boolean" } } as const;
    const { values } = parseArgs({ args: [...args], options });
    for (const [name, { pattern, expected }] of Object.entries(PATTERNS)) {
      const value = values[name as keyof typeof PATTERNS];
      if (value !== undefined && !pattern.test(value))
        throw new TypeError(`--${name} ${JSON.stringify(value)} is not ${expected}`);
    }
    if ((values.bucket === undefined) !== (values.region === undefined))
      throw new TypeError("--bucket and --region belong together");
    return values;
  } catch (error) {
    throw new UserError([
      `${error instanceof Error ? error.message.replace(/\.$/, "") : String(error)}.`,
      PACKAGE_USAGE,
    ]);
  }
};
