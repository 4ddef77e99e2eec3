import type { ITable } from "aws-cdk-lib/aws-dynamodb";
import type { Code } from "aws-cdk-lib/aws-lambda";
import { Construct } from "constructs";
import type { Config } from "../config/config.ts";
import { withAllDependencies } from "../config/plugin-placement.ts";
import { KintounFunction } from "./function.ts";
import { grantNeeds, needsOf } from "./grants/needs.ts";

export interface CommandsProps {
  readonly config: Config;
  readonly code: Code;
  readonly table: ITable;
  readonly variables: Readonly<Record<string, string>>;
}

/**
 * A function with which operators run the commands of plugins that also run when a store starts, such as the invitation of the
 * administrator. Only who may invoke it in the account can use it.
 */
export class Commands extends Construct {
  readonly functionName: string;

  constructor(scope: Construct, { config, code, table, variables }: CommandsProps) {
    super(scope, "Commands");
    const own = config.plugins.filter(({ commands }) =>
      Object.values(commands).some(({ startFlags }) => startFlags !== undefined),
    );
    const plugins = withAllDependencies(config.plugins, own);
    const { role, lambda } = new KintounFunction(this, "Run", {
      name: "commands",
      about: "Kintoun: runs commands of plugins",
      code,
      memoryMb: config.deploy.workerMemoryMb,
      variables,
    });
    grantNeeds(role, table, needsOf(plugins, own), config);
    this.functionName = lambda.functionName;
  }
}
