import { CfnOutput, Stack } from "aws-cdk-lib";
import type { Construct } from "constructs";
import { TABLE_OUTPUT_NAME } from "../config/queues.ts";
import { makeTable } from "./table.ts";

/**
 * The data of a store, apart from its functions: the stack of the functions can be removed and deployed again, or fail
 * at its first deployment, without the table. It refers to the table by name, so that both stacks are updated
 * separately.
 */
export class DataStack extends Stack {
  constructor(scope: Construct, id: string, { table }: { readonly table: string }) {
    super(scope, id, { description: "Kintoun: the table of a JSON record store" });
    const { tableName } = makeTable(this, { tableName: table });
    new CfnOutput(this, TABLE_OUTPUT_NAME, { value: tableName, description: "Name of the table" });
  }
}

/** The name of the stack with a store's table. */
export const dataStackName = (stack: string): string => `${stack}-data`;

/** The name of a store's table, unless the config names another one. */
export const tableNameOf = (stack: string): string => stack;
