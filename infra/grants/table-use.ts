import type { Table } from "aws-cdk-lib/aws-dynamodb";
import { PolicyStatement, type Role } from "aws-cdk-lib/aws-iam";
import type { Config } from "../../config/config.ts";
import { TABLE } from "../../adapters/store/dynamodb/table.ts";
import type { ReadPlugin } from "../../kit/read-plugin.ts";

/**
 * Something that is done with the table: DynamoDB's actions (a transaction is its parts), on the items whose partition keys
 * are like one of `keys`. What is granted here is compared with what the store does in `test/infra/table-use.test.ts`.
 */
export interface TableUse {
  readonly actions: readonly string[];
  readonly keys: readonly string[];
  /** True for what is asked of the index. */
  readonly index?: boolean;
}

/** Lists of objects, with their clocks. */
const OBJECTS = "/*";
export const MEMBERSHIPS = "member#*";
export const SHARED = "who#*";
/** Page tokens that may be used once. */
const SPENT = "spent#*";

/** Finds out what somebody may do. */
export const READ_PERMISSIONS: readonly TableUse[] = [
  { actions: ["BatchGetItem"], keys: [OBJECTS] },
  { actions: ["Query"], keys: [MEMBERSHIPS] },
];

/** Serves the protocol: objects are never deleted by it, but replaced by their tombstones. */
export const SERVE_OBJECTS: readonly TableUse[] = [
  ...READ_PERMISSIONS,
  { actions: ["Query"], keys: [SHARED] },
  { actions: ["Query"], keys: [OBJECTS], index: true },
  { actions: ["PutItem"], keys: [OBJECTS, MEMBERSHIPS, SHARED, SPENT] },
  { actions: ["GetItem"], keys: [SPENT] },
  { actions: ["UpdateItem"], keys: [OBJECTS] },
  { actions: ["BatchWriteItem", "DeleteItem"], keys: [MEMBERSHIPS, SHARED] },
];

/** Removes what an ended life left in lists, with the rows that lead to it. */
const purge = (lists: readonly string[], rows: readonly string[]): readonly TableUse[] => [
  { actions: ["BatchGetItem"], keys: lists },
  { actions: ["Query"], keys: lists, index: true },
  { actions: ["UpdateItem"], keys: lists },
  { actions: ["DeleteItem"], keys: [...lists, ...rows] },
];

/** Removes what was below a deleted bucket or collection, or whatever else others stand in. */
export const PURGE_OBJECTS = purge([OBJECTS], [MEMBERSHIPS, SHARED]);

/** Removes every bucket, and what plugins bring beside them; what is in them is then left to the purge. */
export const flushObjects = ({ top }: Config["resources"]): readonly TableUse[] =>
  purge(
    top.map(({ uri }) => uri),
    [SHARED],
  );

/** Keeps a listener's deliveries from being made twice. */
export const claimDeliveries = (listener: string): readonly TableUse[] => [
  { actions: ["GetItem", "PutItem", "UpdateItem"], keys: [`claim#${listener}#*`] },
];

/** Jobs, with what is noted of them; and rows that lead to them from whoever asked for them. */
const JOBS = "job#*";
const JOBS_OF = "jobs#*";

/** Makes jobs of actions, shows them and cancels them. */
export const ASK_FOR_JOBS: readonly TableUse[] = [
  { actions: ["PutItem"], keys: [JOBS, JOBS_OF] },
  { actions: ["BatchGetItem", "GetItem", "UpdateItem"], keys: [JOBS] },
  { actions: ["Query"], keys: [JOBS, JOBS_OF] },
];

/** Works on jobs; makes those of the plugin's schedules. */
export const workOnJobs = ({ name, schedules }: ReadPlugin): readonly TableUse[] => [
  { actions: ["GetItem", "PutItem", "Query", "UpdateItem"], keys: [JOBS] },
  ...(Object.keys(schedules).length > 0 ? [{ actions: ["PutItem"], keys: [`jobs#plugin:${name}`] }] : []),
];

/** Reads a secret of the store; whoever needs it first makes it. */
export const shareSecret = (name: string): readonly TableUse[] => [
  { actions: ["GetItem", "PutItem"], keys: [`secret#${name}`] },
];

/** Reads what is a plugin's own. */
export const readState = (plugin: string): readonly TableUse[] => [
  { actions: ["GetItem", "Query"], keys: [`state#${plugin}#*`] },
];

/** Keeps what is a plugin's own. */
export const keepState = (plugin: string): readonly TableUse[] => [
  ...readState(plugin),
  { actions: ["DeleteItem", "PutItem"], keys: [`state#${plugin}#*`] },
];

export const grantTable = (role: Role, table: Table, uses: readonly TableUse[]): void => {
  for (const { actions, keys, index = false } of uses) {
    role.addToPolicy(
      new PolicyStatement({
        actions: actions.map((action) => `dynamodb:${action}`),
        resources: [index ? `${table.tableArn}/index/${TABLE.index.name}` : table.tableArn],
        conditions: { "ForAllValues:StringLike": { "dynamodb:LeadingKeys": [...keys] } },
      }),
    );
  }
};
