import type { Table } from "aws-cdk-lib/aws-dynamodb";
import { PolicyStatement, type Role } from "aws-cdk-lib/aws-iam";
import type { Config } from "../../app/config.ts";
import { TABLE } from "../../app/topology.ts";

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
const MEMBERSHIPS = "member#*";
const SHARED = "who#*";
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
export const claimDeliveries = (listener: string): readonly TableUse[] => [{ actions: ["DeleteItem", "GetItem", "PutItem"], keys: [`claim#${listener}#*`] }];

/** Reads a secret of the store; whoever needs it first makes it. */
export const shareSecret = (name: string): readonly TableUse[] => [{ actions: ["GetItem", "PutItem"], keys: [`secret#${name}`] }];

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
