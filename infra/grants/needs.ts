import { Stack } from "aws-cdk-lib";
import type { Table } from "aws-cdk-lib/aws-dynamodb";
import type { Role } from "aws-cdk-lib/aws-iam";
import type { Config } from "../../app/config/config.ts";
import type { OwnNeed } from "../../kit/need.ts";
import type { ReadPlugin } from "../../kit/read-plugin.ts";
import { workOnData } from "./data-use.ts";
import { grantSearch } from "./search-domain.ts";
import { flushObjects, grantTable, keepState, shareSecret } from "./table-use.ts";
import { allowWildcard } from "./wildcard.ts";

/** Grants a role what plugins that run in it need, and nothing for what needs no grant (a mail server of one's own). */
export const grantNeeds = (role: Role, table: Table, needs: readonly OwnNeed[], resources: Config["resources"]): void => {
  for (const need of needs) grantNeed(role, table, need, resources);
};

/** All that some plugins need. */
export const needsOf = (plugins: readonly ReadPlugin[]): readonly OwnNeed[] => plugins.flatMap(({ needs }) => Object.values(needs));

const grantNeed = (role: Role, table: Table, need: OwnNeed, resources: Config["resources"]): void => {
  switch (need.kind) {
    case "mail":
      if (need.via === "ses") grantSes(role, need.from);
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
    case "variable":
    case "http":
      break;
    case "data":
      grantTable(role, table, workOnData(resources, need));
      break;
    case "state":
      grantTable(role, table, keepState(need.plugin));
      break;
    case "flush":
      grantTable(role, table, flushObjects(resources));
  }
};

const grantSes = (role: Role, from: string): void =>
  allowWildcard(role, {
    actions: ["ses:SendEmail"],
    resources: [Stack.of(role).formatArn({ service: "ses", resource: "identity", resourceName: "*" })],
    conditions: { StringEquals: { "ses:FromAddress": from } },
    reason: "The sender's identity may be its address or its domain, and in SES's sandbox each recipient's identity is asked for too.",
  });
