import type { ITable } from "aws-cdk-lib/aws-dynamodb";
import { PolicyStatement, type Role } from "aws-cdk-lib/aws-iam";
import { TABLE } from "../../adapters/store/dynamodb/table.ts";
import type { Config } from "../../config/config.ts";
import { type Area, resourceAt, toAreas } from "../../core/permissions/areas.ts";
import { pluginUserId } from "../../core/permissions/principals.ts";
import type { DataNeed, PluginNeed } from "../../kit/need.ts";
import type { PluginManifest } from "../../kit/plugin.ts";

/**
 * A permission on the table: DynamoDB actions (a transaction needs those of its parts) on items whose partition keys
 * match one of `keys`. A test compares the permissions with the calls that the store makes.
 */
export interface TableUse {
  readonly actions: readonly string[];
  readonly keys: readonly string[];
  /** Whether it is for the index by time; `all` for that by revision too. */
  readonly index?: boolean | "all";
}

/** Lists of objects and their clocks. */
const OBJECTS = "/*";
/** Copies of objects with children, in partitions of their own. */
const PARENTS = "parent#*";
/** The item with the table's format. */
const FORMAT = "meta#";
const MEMBERSHIPS = "member#*";
const SHARED = "who#*";
/** Used page tokens that are valid once. */
const USED_TOKENS = "spent#*";

/** Reads the permissions of a user. */
export const READ_PERMISSIONS: readonly TableUse[] = [
  { actions: ["BatchGetItem"], keys: [OBJECTS, PARENTS, FORMAT] },
  { actions: ["Query"], keys: [MEMBERSHIPS] },
];

/** Serves searches: reads records and what is shared with a user, and lists collections and buckets. */
export const SERVE_SEARCHES: readonly TableUse[] = [
  ...READ_PERMISSIONS,
  { actions: ["Query"], keys: [SHARED] },
  { actions: ["Query"], keys: [OBJECTS], index: true },
];

/** Serves the HTTP API. It never deletes objects in lists; it replaces them by tombstones. */
export const SERVE_OBJECTS: readonly TableUse[] = [
  ...READ_PERMISSIONS,
  { actions: ["Query"], keys: [SHARED] },
  { actions: ["Query"], keys: [OBJECTS], index: "all" },
  // Lists what settings permit on all buckets, collections and groups.
  { actions: ["Query"], keys: [OBJECTS] },
  { actions: ["PutItem"], keys: [OBJECTS, PARENTS, MEMBERSHIPS, SHARED, USED_TOKENS] },
  { actions: ["GetItem"], keys: [USED_TOKENS] },
  { actions: ["UpdateItem"], keys: [OBJECTS] },
  { actions: ["BatchWriteItem"], keys: [MEMBERSHIPS, SHARED] },
  { actions: ["DeleteItem"], keys: [PARENTS, MEMBERSHIPS, SHARED] },
];

/** Reads what has changed in lists. */
export const FOLLOW_LISTS: readonly TableUse[] = [
  { actions: ["BatchGetItem"], keys: [OBJECTS, PARENTS, FORMAT] },
  { actions: ["Query"], keys: [OBJECTS], index: "all" },
];

/** Goes through the objects of lists. */
export const READ_LISTS: readonly TableUse[] = [{ actions: ["Query"], keys: [OBJECTS] }];

/** Versions of objects, by bucket. */
const HISTORY = "history#*";

/** Keeps the versions that changes make. */
export const KEEP_VERSIONS: readonly TableUse[] = [{ actions: ["PutItem"], keys: [HISTORY] }];

/** Reads versions. */
export const READ_VERSIONS: readonly TableUse[] = [
  { actions: ["BatchGetItem", "GetItem", "Query"], keys: [HISTORY] },
  { actions: ["Query"], keys: [HISTORY], index: true },
];

/** Reads and deletes versions, and changes objects for users. */
export const USE_VERSIONS: readonly TableUse[] = [
  ...SERVE_OBJECTS,
  ...READ_VERSIONS,
  ...KEEP_VERSIONS,
  { actions: ["BatchWriteItem"], keys: [HISTORY] },
];

/** Removes the objects of deleted generations from lists, with their index rows. */
const purge = (lists: readonly string[], rows: readonly string[]): readonly TableUse[] => [
  { actions: ["BatchGetItem"], keys: [...lists, FORMAT] },
  { actions: ["Query"], keys: lists, index: true },
  { actions: ["UpdateItem"], keys: lists },
  { actions: ["DeleteItem"], keys: [...lists, ...rows] },
];

/** Removes the contents of deleted objects, and the versions of deleted buckets. */
export const PURGE_OBJECTS: readonly TableUse[] = [
  ...purge([OBJECTS], [PARENTS, MEMBERSHIPS, SHARED]),
  { actions: ["BatchWriteItem", "Query"], keys: [HISTORY] },
];

/** Removes all top-level objects. The purge removes their contents. */
export const flushObjects = ({ top }: Config["resources"]): readonly TableUse[] =>
  purge(
    top.map(({ uri }) => uri),
    [...top.filter(({ resource }) => resource.children.length > 0).map(({ uri }) => `parent#${uri}/*`), SHARED],
  );

/** Writes the item of heartbeats. */
export const WRITE_HEARTBEAT: readonly TableUse[] = [{ actions: ["PutItem"], keys: ["heartbeat#"] }];

/** Records deliveries of a listener, so that events are handled once. */
export const claimDeliveries = (listener: string): readonly TableUse[] => [
  { actions: ["GetItem", "PutItem", "UpdateItem"], keys: [`claim#${listener}#*`] },
];

/** Jobs with their log entries, and the indexes of jobs by user and by plugin. */
const JOBS = "job#*";
const JOBS_OF = "jobs#*";
const PLUGIN_JOBS = "plugin-jobs#*";

/** Creates jobs for actions, reads, cancels and retries them. */
export const CREATE_JOBS: readonly TableUse[] = [
  { actions: ["PutItem"], keys: [JOBS, JOBS_OF, PLUGIN_JOBS] },
  { actions: ["BatchGetItem", "GetItem", "UpdateItem"], keys: [JOBS] },
  { actions: ["Query"], keys: [JOBS, JOBS_OF, PLUGIN_JOBS] },
];

/** Creates jobs of one plugin, also in the transaction of a hook. */
export const startJobs = (plugin: string): readonly TableUse[] => [
  { actions: ["GetItem"], keys: [JOBS] },
  { actions: ["PutItem"], keys: [JOBS, `plugin-jobs#${plugin}`] },
];

/** Sends messages to a queue in the transaction of a hook. */
export const sendMessages = (queue: string): readonly TableUse[] => [
  { actions: ["PutItem"], keys: [`message#${queue}#*`] },
];

/** Runs jobs, and creates those of the plugin's schedules. */
export const runJobs = ({ name, schedules }: PluginManifest): readonly TableUse[] => [
  { actions: ["GetItem", "PutItem", "Query", "UpdateItem"], keys: [JOBS] },
  ...(Object.keys(schedules).length > 0 ? [{ actions: ["PutItem"], keys: [`plugin-jobs#${name}`] }] : []),
];

/** Reads a secret of the store, or creates it on first use. */
export const readOrCreateSecret = (name: string): readonly TableUse[] => [
  { actions: ["GetItem", "PutItem"], keys: [`secret#${name}`] },
];

/** Reads a plugin's state. */
export const readState = (plugin: string): readonly TableUse[] => [
  { actions: ["GetItem", "Query"], keys: [`state#${plugin}#*`] },
];

/** Reads and writes a plugin's state. */
export const writeState = (plugin: string): readonly TableUse[] => [
  ...readState(plugin),
  { actions: ["DeleteItem", "PutItem", "UpdateItem"], keys: [`state#${plugin}#*`] },
];

export const grantTable = (role: Role, table: ITable, uses: readonly TableUse[]): void => {
  for (const { actions, keys, index = false } of uses)
    role.addToPolicy(
      new PolicyStatement({
        actions: actions.map((action) => `dynamodb:${action}`),
        resources:
          index === false ? [table.tableArn] : indexNames(index).map((name) => `${table.tableArn}/index/${name}`),
        conditions: { [ALL_LIKE]: { [LEADING_KEYS]: [...keys] } },
      }),
    );
  grantTransactions(role, table, uses);
};

const indexNames = (index: true | "all"): readonly string[] =>
  index === "all" ? [TABLE.index.name, TABLE.revisionIndex.name] : [TABLE.index.name];

const ALL_LIKE = "ForAllValues:StringLike";
const LEADING_KEYS = "dynamodb:LeadingKeys";

const WRITES = ["DeleteItem", "PutItem", "UpdateItem"];
/** Items that are only written alone. */
const NEVER_IN_TRANSACTIONS = /^(?:claim|heartbeat|secret|spent)#/;

/** The writes of a role that may be in transactions. */
interface TransactionWrites {
  readonly statement: PolicyStatement;
  readonly keys: Set<string>;
  isGranted: boolean;
}
const transactionWrites = new WeakMap<Role, TransactionWrites>();

/**
 * Grants the writes of a role within transactions on all of its keys together. AWS documents that each part of a
 * transaction needs its own action, but not whether `dynamodb:LeadingKeys` has the key of the part or those of the
 * whole transaction. This statement allows both, and nothing outside of transactions.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis-iam.html
 */
const grantTransactions = (role: Role, table: ITable, uses: readonly TableUse[]): void => {
  const all = transactionWrites.get(role) ?? {
    statement: toTransactionStatement(table),
    keys: new Set<string>(),
    isGranted: false,
  };
  transactionWrites.set(role, all);
  for (const { actions, keys } of uses) {
    const writes = actions.filter((action) => WRITES.includes(action));
    const written = writes.length === 0 ? [] : keys.filter((key) => !NEVER_IN_TRANSACTIONS.test(key));
    if (written.length > 0) all.statement.addActions(...writes.map((action) => `dynamodb:${action}`));
    for (const key of written) all.keys.add(key);
  }
  all.statement.addCondition(ALL_LIKE, { [LEADING_KEYS]: [...all.keys] });
  // Every transaction puts an item. With one key, parts and whole are the same.
  if (all.isGranted || all.keys.size < 2 || !all.statement.actions.includes("dynamodb:PutItem")) return;
  all.isGranted = true;
  role.addToPolicy(all.statement);
};

const toTransactionStatement = (table: ITable): PolicyStatement =>
  new PolicyStatement({
    resources: [table.tableArn],
    conditions: { "ForAnyValue:StringEquals": { "dynamodb:EnclosingOperation": ["TransactWriteItems"] } },
  });

type Resources = Config["resources"];

/** Accesses the objects of a plugin's `need.data`, in a function that does not serve all objects. */
export const useData = (
  resources: Resources,
  { plugin, permissions, principals }: DataNeed & PluginNeed,
): readonly TableUse[] => {
  const areas = toAreas(resources, permissions);
  if (areas.length === 0) return [];
  const writable = areas.filter(({ writable: writes }) => writes);
  const written = keysOf(resources, writable);
  const parents = parentKeysOf(resources, writable);
  // Index rows of what is written: by principal, and by member for groups.
  const rows = writable.some((area) => resourcesIn(resources, area).includes("group"))
    ? [MEMBERSHIPS, SHARED]
    : [SHARED];
  const walkable = areas.filter(({ includesChildren: below }) => below);
  // Listing the top level needs a permission on all objects there.
  const listed = keysOf(resources, walkable).filter(
    (key) => key.lastIndexOf("/") > 0 || walkable.some(({ path }) => key === listOf(path) && path[1] === "*"),
  );
  const reading: readonly TableUse[] = [
    {
      actions: ["BatchGetItem"],
      keys: [
        ...new Set([
          ...keysOf(resources, areas),
          ...areas.flatMap(ancestorKeys),
          ...parentKeysOf(resources, walkable),
          FORMAT,
        ]),
      ],
    },
    { actions: ["Query"], keys: listed, index: "all" },
    // Other permissions find shared objects through the index by principal.
    ...(Object.keys(permissions).every((permission) => permission === "read" || permission === "write")
      ? []
      : [{ actions: ["Query"], keys: [`who#${pluginUserId(plugin)}`] }]),
    ...(principals === true ? [{ actions: ["Query"], keys: [SHARED, MEMBERSHIPS] }] : []),
  ];
  if (written.length === 0) return reading;
  return [
    ...reading,
    { actions: ["PutItem"], keys: [...written, ...parents, ...rows] },
    { actions: ["UpdateItem"], keys: written },
    { actions: ["BatchWriteItem"], keys: rows },
    { actions: ["DeleteItem"], keys: [...parents, ...rows] },
  ];
};

/** The lists of the areas' objects and of their descendants. */
const keysOf = (resources: Resources, areas: readonly Area[]): readonly string[] => {
  const keys = areas.flatMap((area) => [
    listOf(area.path),
    ...(resourcesIn(resources, area).length > 1 ? [`/${area.path.join("/")}/*`] : []),
  ]);
  return [...new Set(keys)];
};

const listOf = (path: readonly string[]): string => `/${path.slice(0, -1).join("/")}`;

/** The parent items of the areas' objects and of their descendants. */
const parentKeysOf = (resources: Resources, areas: readonly Area[]): readonly string[] => {
  const keys = areas.flatMap(({ path, includesChildren: below }) => {
    const children = resourceAt(resources, `/${path.join("/")}`)?.children ?? [];
    const key = parentKeyOf(path);
    if (children.length === 0) return [];
    return below && children.some((child) => child.children.length > 0) ? [key, `${key}/*`] : [key];
  });
  return [...new Set(keys)];
};

/** The parent items of an area's ancestors. */
const ancestorKeys = ({ path }: Area): readonly string[] =>
  Array.from({ length: path.length / 2 - 1 }, (_, index) => parentKeyOf(path.slice(0, 2 * (index + 1))));

const parentKeyOf = (path: readonly string[]): string => `parent#/${path.join("/")}`;

/** The resources that an area may contain. */
const resourcesIn = (resources: Resources, { path, includesChildren: below }: Area): readonly string[] => {
  const kind = resourceAt(resources, `/${path.join("/")}`);
  return kind ? (below ? within(kind) : [kind.name]) : [];
};

const within = ({ name, children }: Resources["all"][number]): readonly string[] => [name, ...children.flatMap(within)];
