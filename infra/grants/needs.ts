import { ArnFormat, Stack } from "aws-cdk-lib";
import type { ITable } from "aws-cdk-lib/aws-dynamodb";
import { PolicyStatement, type Role } from "aws-cdk-lib/aws-iam";
import type { Queue } from "aws-cdk-lib/aws-sqs";
import type { Config } from "../../config/config.ts";
import { pluginInbound } from "../../config/listeners.ts";
import { keepsVersions } from "../../config/plugin-placement.ts";
import { UserError } from "../../config/user-error.ts";
import { toIndexPermissions } from "../../kit/index-objects.ts";
import { findPlugin } from "../../kit/instance-options.ts";
import type { DataNeed, PluginNeed, SearchNeed } from "../../kit/need.ts";
import type { PluginManifest } from "../../kit/plugin.ts";
import { PluginFiles } from "../plugin-files.ts";
import { queueArn } from "../queue.ts";
import { grantReplays } from "./operations.ts";
import { grantSearch } from "./search.ts";
import {
  flushObjects,
  grantTable,
  KEEP_VERSIONS,
  READ_PERMISSIONS,
  readOrCreateSecret,
  readState,
  sendMessages,
  startJobs,
  type TableUse,
  USE_VERSIONS,
  useData,
  writeState,
} from "./table.ts";
import { grantWildcard } from "./wildcard.ts";

/** Grants a role the permissions for plugins' needs. */
export const grantNeeds = (
  role: Role,
  table: ITable,
  needs: readonly PluginNeed[],
  config: Pick<Config, "resources" | "plugins">,
): void => {
  for (const need of needs) grantNeed(role, table, need, config);
};

/**
 * The needs of plugins in a function.
 *
 * @param working in a worker: the plugins whose listeners, publishers or jobs run there; the others only run hooks
 * @param reading the plugins of which only indexes run, whose code cannot change anything
 */
export const needsOf = (
  plugins: readonly PluginManifest[],
  working?: readonly PluginManifest[],
  reading: readonly PluginManifest[] = [],
): readonly PluginNeed[] =>
  plugins.flatMap((plugin) => {
    const needs = Object.values<PluginNeed>(plugin.needs).flatMap(
      reading.includes(plugin) ? toReadingNeed : (need) => need,
    );
    if (!working?.includes(plugin))
      return needs.filter((need) => need.scope !== "own-worker" && (working === undefined || need.scope === undefined));
    return needs.map((need) =>
      need.kind === "state"
        ? { ...need, writeScope: undefined }
        : need.kind === "files"
          ? { ...need, deleteScope: undefined }
          : need,
    );
  });

/** What is left of a need for code that cannot change anything. */
const toReadingNeed = (need: PluginNeed): readonly PluginNeed[] => {
  if (need.kind === "data") return [{ ...need, permissions: pickReading(need.permissions) }];
  return CHANGING_NEEDS.has(need.kind) ? [] : [need];
};

const CHANGING_NEEDS: ReadonlySet<PluginNeed["kind"]> = new Set([
  "action",
  "bus",
  "file",
  "flush",
  "index",
  "mail",
  "operations",
  "queue",
  "topic",
  "versions",
]);

/** Who may write an object may read it. */
const pickReading = ({ read = [], write = [], shared = [] }: DataNeed["permissions"]): DataNeed["permissions"] => ({
  read: [...read, ...write],
  ...(shared.length > 0 && { shared }),
});

const grantNeed = (
  role: Role,
  table: ITable,
  need: PluginNeed,
  { resources, plugins }: Pick<Config, "resources" | "plugins">,
): void => {
  switch (need.kind) {
    case "bus":
      role.addToPolicy(new PolicyStatement({ actions: ["events:PutEvents"], resources: [busArn(role, need.name)] }));
      break;
    case "file":
      throw new UserError([
        `plugins: ${need.plugin} writes to the file ${need.path}, which is not possible in Lambda. Remove the plugin, or make its queue standalone and run its worker elsewhere.`,
      ]);
    case "files":
      PluginFiles.of(role, need.plugin).grant(role, need);
      break;
    case "topic":
      role.addToPolicy(new PolicyStatement({ actions: ["sns:Publish"], resources: [need.arn] }));
      break;
    case "mail":
      if (need.via === "ses") grantSes(role, need.from);
      if (need.password !== undefined) grantParameter(role, need.password.parameter);
      break;
    case "search":
      grantSearch(role, table, need, "all");
      break;
    case "store-secret":
      // Without a secret of their own, personal bucket ids use the user id secret.
      grantTable(role, table, readOrCreateSecret("userid_hmac_secret"));
      break;
    case "secret":
      grantTable(role, table, readOrCreateSecret(`${need.plugin}.${need.name}`));
      break;
    case "parameter":
      grantParameter(role, need.parameter);
      break;
    case "queue":
      grantOwnQueue(role, table, need, plugins);
      break;
    case "action":
      grantTable(role, table, startJobs(findPlugin(plugins, need.action.plugin ?? need.plugin)?.name ?? need.plugin));
      break;
    case "variable":
    case "http":
      break;
    case "data":
      grantTable(role, table, withVersions(useData(resources, need), plugins));
      break;
    case "index": {
      const data = { ...need, kind: "data" as const, permissions: toIndexPermissions(need.of) };
      grantTable(role, table, withVersions(useData(resources, data), plugins));
      break;
    }
    case "operations":
      grantReplays(role, table, plugins);
      break;
    case "inspection":
      grantTable(role, table, READ_PERMISSIONS);
      break;
    case "versions":
      grantTable(role, table, USE_VERSIONS);
      break;
    case "state":
      grantTable(role, table, need.writeScope === "own-worker" ? readState(need.plugin) : writeState(need.plugin));
      break;
    case "flush":
      grantTable(role, table, flushObjects(resources));
  }
};

/** Adds what changes of objects need where versions are kept. */
const withVersions = (uses: readonly TableUse[], plugins: readonly PluginManifest[]): readonly TableUse[] =>
  keepsVersions(plugins) && uses.some(({ actions }) => actions.includes("PutItem"))
    ? [...uses, ...KEEP_VERSIONS]
    : uses;

/** https://docs.aws.amazon.com/systems-manager/latest/userguide/integration-ps-secretsmanager.html */
const SECRETS_MANAGER = "/aws/reference/secretsmanager/";

const grantParameter = (role: Role, parameter: string): void => {
  const stack = Stack.of(role);
  const arn = stack.formatArn({ service: "ssm", resource: "parameter", resourceName: parameter.replace(/^\//, "") });
  role.addToPolicy(new PolicyStatement({ actions: ["ssm:GetParameter"], resources: [arn] }));
  if (!parameter.startsWith(SECRETS_MANAGER)) return;
  // Secrets Manager appends six random characters to the name.
  const resourceName = `${parameter.slice(SECRETS_MANAGER.length)}-??????`;
  const secret = stack.formatArn({
    service: "secretsmanager",
    resource: "secret",
    resourceName,
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
  });
  role.addToPolicy(new PolicyStatement({ actions: ["secretsmanager:GetSecretValue"], resources: [secret] }));
};

/** A message is sent by SQS, or by the table's stream if a hook sends it in a transaction. */
const grantOwnQueue = (
  role: Role,
  table: ITable,
  { plugin, part }: Extract<PluginNeed, { readonly kind: "queue" }>,
  plugins: readonly PluginManifest[],
): void => {
  const name = `${plugin}-${part}`;
  const ordered = pluginInbound(plugins).find((inbound) => inbound.name === name)?.queue.ordered ?? false;
  role.addToPolicy(
    new PolicyStatement({ actions: ["sqs:SendMessage"], resources: [queueArn(role, { name, ordered })] }),
  );
  grantTable(role, table, sendMessages(name));
};

/** The address without the display name. */
const mailAddress = (from: string): string => /<([^<>]+)>$/.exec(from.trim())?.[1] ?? from;

const busArn = (role: Role, name: string): string =>
  Stack.of(role).formatArn({ service: "events", resource: "event-bus", resourceName: name });

/**
 * SES also authorizes the configuration set of a message, which an identity may have by default.
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsimpleemailservicev2.html
 */
const grantSes = (role: Role, from: string): void =>
  grantWildcard(role, {
    actions: ["ses:SendEmail"],
    resources: ["identity", "configuration-set"].map((resource) =>
      Stack.of(role).formatArn({ service: "ses", resource, resourceName: "*" }),
    ),
    conditions: { StringEquals: { "ses:FromAddress": mailAddress(from) } },
    reason:
      "The sender's SES identity may be an address or a domain with any configuration set, and the SES sandbox also checks the recipients' identities.",
  });

/** Grants the checks of `app/heartbeats.ts`. The check of the table needs no more than serving objects. */
export const grantHealthChecks = (
  role: Role,
  table: ITable,
  { queues, engine }: { queues: readonly Queue[]; engine: SearchNeed | undefined },
): void => {
  role.addToPolicy(
    new PolicyStatement({ actions: ["sqs:GetQueueAttributes"], resources: queues.map(({ queueArn }) => queueArn) }),
  );
  if (engine !== undefined) grantSearch(role, table, engine, "ping");
};
