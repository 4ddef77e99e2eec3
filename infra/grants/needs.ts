import { ArnFormat, Stack } from "aws-cdk-lib";
import type { Table } from "aws-cdk-lib/aws-dynamodb";
import { PolicyStatement, type Role } from "aws-cdk-lib/aws-iam";
import type { Config } from "../../config/config.ts";
import { UserError } from "../../config/problem.ts";
import type { OwnNeed } from "../../kit/need.ts";
import type { ReadPlugin } from "../../kit/read-plugin.ts";
import { workOnData } from "./data-use.ts";
import { grantSearch } from "./search-domain.ts";
import { flushObjects, grantTable, keepState, readState, shareSecret } from "./table-use.ts";
import { allowWildcard } from "./wildcard.ts";

/** Grants a role what plugins that run in it need, and nothing for what needs no grant (a mail server of one's own). */
export const grantNeeds = (
  role: Role,
  table: Table,
  needs: readonly OwnNeed[],
  resources: Config["resources"],
): void => {
  for (const need of needs) grantNeed(role, table, need, resources);
};

/** All that some plugins need. @param working in a worker: those whose listeners, publishers or jobs run there, beside the others' hooks */
export const needsOf = (plugins: readonly ReadPlugin[], working?: readonly ReadPlugin[]): readonly OwnNeed[] =>
  plugins.flatMap((plugin) => {
    const needs = Object.values<OwnNeed>(plugin.needs);
    if (!working?.includes(plugin))
      return needs.filter((need) => !need.inWorkers && (working === undefined || !need.outsideHooks));
    return needs.map((need) => (need.kind === "state" ? { ...need, changedInWorkers: false } : need));
  });

const grantNeed = (role: Role, table: Table, need: OwnNeed, resources: Config["resources"]): void => {
  switch (need.kind) {
    case "bus":
      role.addToPolicy(new PolicyStatement({ actions: ["events:PutEvents"], resources: [busArn(role, need.name)] }));
      break;
    case "file":
      throw new UserError([
        `plugins: ${need.plugin} keeps the file ${need.path}, and a Lambda keeps none. Leave the plugin out here, or run its worker elsewhere.`,
      ]);
    case "topic":
      role.addToPolicy(new PolicyStatement({ actions: ["sns:Publish"], resources: [need.arn] }));
      break;
    case "mail":
      if (need.via === "ses") grantSes(role, need.from);
      if (need.password !== undefined) grantParameter(role, need.password.parameter);
      break;
    case "search":
      grantSearch(role, need, "all");
      break;
    case "store-secret":
      // Personal buckets go by the users' secret, unless the environment gives one.
      grantTable(role, table, shareSecret("userid_hmac_secret"));
      break;
    case "secret":
      grantTable(role, table, shareSecret(`${need.plugin}.${need.name}`));
      break;
    case "given":
      grantParameter(role, need.parameter);
      break;
    case "variable":
    case "http":
      break;
    case "data":
      grantTable(role, table, workOnData(resources, need));
      break;
    case "state":
      grantTable(role, table, need.changedInWorkers ? readState(need.plugin) : keepState(need.plugin));
      break;
    case "flush":
      grantTable(role, table, flushObjects(resources));
  }
};

/** https://docs.aws.amazon.com/systems-manager/latest/userguide/integration-ps-secretsmanager.html */
const SECRETS_MANAGER = "/aws/reference/secretsmanager/";

const grantParameter = (role: Role, parameter: string): void => {
  const stack = Stack.of(role);
  const arn = stack.formatArn({ service: "ssm", resource: "parameter", resourceName: parameter.replace(/^\//, "") });
  role.addToPolicy(new PolicyStatement({ actions: ["ssm:GetParameter"], resources: [arn] }));
  if (!parameter.startsWith(SECRETS_MANAGER)) return;
  // Six characters of Secrets Manager's own end the name.
  const resourceName = `${parameter.slice(SECRETS_MANAGER.length)}-??????`;
  const secret = stack.formatArn({
    service: "secretsmanager",
    resource: "secret",
    resourceName,
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
  });
  role.addToPolicy(new PolicyStatement({ actions: ["secretsmanager:GetSecretValue"], resources: [secret] }));
};

/** Without a name. */
const addressIn = (from: string): string => /<([^<>]+)>$/.exec(from.trim())?.[1] ?? from;

const busArn = (role: Role, name: string): string =>
  Stack.of(role).formatArn({ service: "events", resource: "event-bus", resourceName: name });

const grantSes = (role: Role, from: string): void =>
  allowWildcard(role, {
    actions: ["ses:SendEmail"],
    resources: [Stack.of(role).formatArn({ service: "ses", resource: "identity", resourceName: "*" })],
    conditions: { StringEquals: { "ses:FromAddress": addressIn(from) } },
    reason:
      "The sender's identity may be its address or its domain, and in SES's sandbox each recipient's identity is asked for too.",
  });
