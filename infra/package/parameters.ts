import { CfnParameter, type CfnParameterProps, type Stack } from "aws-cdk-lib";
import { type DeployOptions, LOG_RETENTION_DAYS } from "../../config/deploy.ts";
import { SEARCH_OPTIONS } from "./config.ts";

const MAIL_ADDRESS = "[A-Za-z0-9][A-Za-z0-9._+-]{0,63}@[A-Za-z0-9][A-Za-z0-9.-]{1,180}";
const optional = (pattern: string): string => `^$|^${pattern}$`;

interface ParameterDefinition extends CfnParameterProps {
  /** What the console shows instead of the name. */
  readonly label: string;
}

type Definitions = Readonly<Record<string, Readonly<Record<string, ParameterDefinition>>>>;

/** The parameters by group, in the order of the console. */
const listGroups = (folder: string, deploy: DeployOptions) =>
  ({
    Users: {
      AdministratorAddress: {
        label: "Mail address of the administrator",
        description: "The name of the first account. It creates the accounts of other users.",
        allowedPattern: `^${MAIL_ADDRESS}$`,
        constraintDescription: "must be a mail address, such as ada@your-domain.com",
      },
      SenderAddress: {
        label: "Sender of mails (optional)",
        description:
          "An address that Amazon SES has verified in this region. With it, users can reset their passwords by mail, and collections can send mail. Empty: no mails.",
        default: "",
        allowedPattern: optional(MAIL_ADDRESS),
        constraintDescription: "must be a mail address or empty",
      },
    },
    Search: {
      Search: {
        label: "Search engine",
        description:
          "sqlite: in the functions, for collections of up to 500,000 records. opensearch-domain: a domain that you have created. opensearch-serverless: a collection that the stack creates.",
        default: "sqlite",
        allowedValues: [...SEARCH_OPTIONS],
      },
      SearchName: {
        label: "Name of the OpenSearch domain or collection",
        description: "Of opensearch-domain and opensearch-serverless only. Each name exists once in a region.",
        default: "kintoun",
        allowedPattern: "^[a-z][a-z0-9-]{2,23}$",
        constraintDescription: "must have 3 to 24 lowercase letters, digits and dashes, and begin with a letter",
      },
    },
    Web: {
      CorsOrigins: {
        label: "Origins of web pages that may read responses (CORS)",
        description: "Origins separated by commas, such as https://your-domain.com. An asterisk stands for all.",
        default: "*",
        allowedPattern: "^[A-Za-z0-9.:/*,_-]{0,1000}$",
        constraintDescription: "must be origins separated by commas, without spaces",
      },
      DomainName: {
        label: "Domain of the API (optional)",
        description: "Such as api.your-domain.com. Its DNS record must point to the output DomainTarget.",
        default: "",
        allowedPattern: optional("[a-z0-9-]+([.][a-z0-9-]+)+"),
        constraintDescription: "must be a domain in lower case or empty",
      },
      CertificateArn: {
        label: "Certificate of the domain",
        description: "The ARN of a certificate of AWS Certificate Manager in this region. Needed for a domain.",
        default: "",
        allowedPattern: optional("arn:[a-z-]+:acm:.+"),
        constraintDescription: "must be the ARN of a certificate or empty",
      },
    },
    "Limits and operation": {
      RequestsPerSecond: {
        label: "Requests per second",
        description: "What the API accepts in the long run. It answers further requests with a 429.",
        type: "Number",
        default: deploy.requestsPerSecond,
        minValue: 1,
        maxValue: 10_000,
      },
      RequestBurst: {
        label: "Requests at once",
        description: "What the API accepts at once.",
        type: "Number",
        default: deploy.requestBurst,
        minValue: 1,
        maxValue: 5000,
      },
      AlarmAddress: {
        label: "Mail address for alarms (optional)",
        description:
          "Gets a mail when something is wrong. AWS sends a mail first in which you confirm the address. Empty: no alarms.",
        default: "",
        allowedPattern: optional(MAIL_ADDRESS),
        constraintDescription: "must be a mail address or empty",
      },
      MonthlyBudgetUsd: {
        label: "Budget of the account per month in USD",
        description: "80 % and 100 % of it cause a mail to the address for alarms. It limits nothing.",
        type: "Number",
        default: 10,
        minValue: 1,
        maxValue: 1_000_000,
      },
      LogRetentionDays: {
        label: "Days for which logs are kept",
        type: "Number",
        // Text, as the allowed values are.
        default: "30",
        allowedValues: LOG_RETENTION_DAYS.map(String),
      },
    },
    Code: {
      CodeBucket: {
        label: "Bucket with the functions' code",
        description: "The S3 bucket to which you have uploaded the package. It must be in the region of the stack.",
        allowedPattern: "^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$",
        constraintDescription: "must be the name of an S3 bucket",
      },
      CodePrefix: {
        label: "Path in the bucket",
        description: `Empty if the folder ${folder} is at the top of the bucket. Otherwise the path of the folder that contains it, with a slash at its end.`,
        default: "",
        allowedPattern: "^$|^[A-Za-z0-9._/-]{1,500}/$",
        constraintDescription: "must end with a slash, or be empty",
      },
    },
  }) as const satisfies Definitions;

type Groups = ReturnType<typeof listGroups>;
export type ParameterName = { [Group in keyof Groups]: keyof Groups[Group] }[keyof Groups] & string;
export type Parameters = Readonly<Record<ParameterName, CfnParameter>>;

/** Adds the parameters of a package to a stack, with what the console shows of them, and rules for those that belong together. */
export const addParameters = (stack: Stack, folder: string, deploy: DeployOptions): Parameters => {
  const groups = Object.entries<Readonly<Record<string, ParameterDefinition>>>(listGroups(folder, deploy));
  const all = groups.flatMap(([, parameters]) => Object.entries(parameters));
  stack.templateOptions.metadata = {
    "AWS::CloudFormation::Interface": {
      ParameterGroups: groups.map(([label, parameters]) => ({
        Label: { default: label },
        Parameters: Object.keys(parameters),
      })),
      ParameterLabels: Object.fromEntries(all.map(([name, { label }]) => [name, { default: label }])),
    },
  };
  return Object.fromEntries(
    all.map(([name, { label: _, ...props }]) => [name, new CfnParameter(stack, name, props)]),
  ) as unknown as Parameters;
};
