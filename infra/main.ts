import { App, Validations } from "aws-cdk-lib";
import { Code } from "aws-cdk-lib/aws-lambda";
import { AwsSolutionsChecks } from "cdk-nag";
import { findDeploymentIssues } from "../config/deployable.ts";
import { loadConfig } from "../config/load-config.ts";
import { UserError } from "../config/user-error.ts";
import { bundleFunctions } from "./bundle.ts";
import { DataStack, dataStackName, tableNameOf } from "./data-stack.ts";
import { overrideVariables } from "./overrides.ts";
import { KintounStack } from "./stack.ts";

/** Creates the template and the bundles for `kintoun.config.ts` and the environment. */
const synthesize = async (): Promise<void> => {
  const config = await loadConfig({ isDeployed: true });
  // After loadConfig, which reports a broken config in one line.
  const { default: written } = await import("../kintoun.config.ts");
  const issues = findDeploymentIssues(config, written);
  if (issues.length > 0) throw new UserError(issues);
  if (!config.plugins.some(({ authentication }) => authentication !== undefined))
    console.error(
      "Note: no plugin authenticates users, so clients can only do what system.Everyone may do. See docs/operations/deploy.md.",
    );
  const app = new App();
  const folders = await bundleFunctions(app.outdir, config);
  const code = {
    api: Code.fromAsset(folders.api),
    search: Code.fromAsset(folders.search),
    dispatch: Code.fromAsset(folders.dispatch),
    worker: Code.fromAsset(folders.worker),
  };
  const name = String(app.node.tryGetContext("stack") ?? "Kintoun");
  const { table = tableNameOf(name) } = config.deploy;
  const stack = new KintounStack(app, name, {
    config,
    code,
    table,
    overrides: overrideVariables(config),
  });
  if (config.deploy.table === undefined) stack.addStackDependency(new DataStack(app, dataStackName(name), { table }));
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
};

try {
  await synthesize();
} catch (error) {
  if (!(error instanceof UserError)) throw error;
  for (const line of error.lines) console.error(line);
  process.exitCode = 1;
}
