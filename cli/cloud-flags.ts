import { UserError } from "../config/problem.ts";

/** Where a command finds its store: on a data folder, behind endpoints, or in AWS. */
export type CloudPlace =
  | { readonly kind: "data"; readonly folder: string }
  | { readonly kind: "endpoints"; readonly sqs: string; readonly dynamodb: string }
  | { readonly kind: "stack"; readonly name: string };

export const CLOUD_FLAGS = {
  data: { type: "string" },
  "data-dir": { type: "string" },
  endpoint: { type: "string" },
  dynamodb: { type: "string" },
  stack: { type: "string" },
} as const;

export const CLOUD_USAGE = "[--data FOLDER | --endpoint URL [--dynamodb URL] | --stack NAME]";

/** The data of `npm start`. */
const DATA = ".kintoun";

type Given = { readonly [Flag in keyof typeof CLOUD_FLAGS]?: string | undefined };

/** Where nobody is: for commands that ask nothing of a table. */
const NO_TABLE = "http://127.0.0.1:1";

/** Where the flags say that the store is. @param table whether the command asks anything of the table */
export const readCloudPlace = (
  { data, "data-dir": dataDir, endpoint, dynamodb, stack }: Given,
  usage: string,
  table = true,
): CloudPlace => {
  const given = Object.entries({ "--data": data ?? dataDir, "--endpoint": endpoint, "--stack": stack }).filter(
    ([, value]) => value !== undefined,
  );
  if (given.length > 1)
    throw new UserError([
      `${given.map(([flag]) => flag).join(" and ")} name different places: give one of them.`,
      usage,
    ]);
  if (given.some(([, value]) => value === ""))
    throw new UserError([`${given.map(([flag]) => flag).join(" and ")} must name something.`, usage]);
  for (const [flag, url] of Object.entries({ "--endpoint": endpoint, "--dynamodb": dynamodb }))
    if (url !== undefined && !/^https?:\/\/./.test(url))
      throw new UserError([`${flag} takes a URL such as http://localhost:9324, not '${url}'.`, usage]);
  if (dynamodb !== undefined && endpoint === undefined)
    throw new UserError(["--dynamodb goes with --endpoint, which names the SQS.", usage]);
  if (endpoint !== undefined && dynamodb === undefined && table)
    throw new UserError(["--endpoint names the SQS; where the table is, --dynamodb URL says.", usage]);
  if (endpoint !== undefined) return { kind: "endpoints", sqs: endpoint, dynamodb: dynamodb ?? NO_TABLE };
  return stack === undefined ? { kind: "data", folder: data ?? dataDir ?? DATA } : { kind: "stack", name: stack };
};
