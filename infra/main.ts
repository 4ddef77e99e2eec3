import { existsSync } from "node:fs";
import { App, Stack, Validations } from "aws-cdk-lib";
import { AwsSolutionsChecks } from "cdk-nag";
import { UserError } from "../config/user-error.ts";
import { DataStack, dataStackName, tableNameOf } from "./data-stack.ts";
import { Kintoun } from "./kintoun.ts";

/** Creates the template and the bundles for `kintoun.config.ts` and the environment. */
const synthesize = (): void => {
  const app = new App();
  const name = String(app.node.tryGetContext("stack") ?? "Kintoun");
  // The variables of each deployment of this stack. Those that are set already take precedence.
  if (existsSync(`.env.${name}`)) process.loadEnvFile(`.env.${name}`);
  const stack = new Stack(app, name, { description: "Kintoun: a JSON record store" });
  const table = tableNameOf(name);
  // Its id adds nothing to logical ids.
  const store = new Kintoun(stack, "Default", { table });
  // Unless the config names another one.
  if (store.tableName === table) stack.addStackDependency(new DataStack(app, dataStackName(name), { table }));
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
};

try {
  synthesize();
} catch (error) {
  if (!(error instanceof UserError)) throw error;
  for (const line of error.lines) console.error(line);
  process.exitCode = 1;
}
