import { App, Validations } from "aws-cdk-lib";
import { Code } from "aws-cdk-lib/aws-lambda";
import { AwsSolutionsChecks } from "cdk-nag";
import { loadConfig } from "../config/load-config.ts";
import { UserError } from "../config/user-error.ts";
import { bundleFunctions } from "./bundle.ts";
import { overrideVariables } from "./overrides.ts";
import { KintounStack } from "./stack.ts";

/** Creates the template and the bundles for `kintoun.config.ts` and the environment. */
const synthesize = async (): Promise<void> => {
  const config = await loadConfig();
  // After loadConfig, which reports a broken config in one line.
  const { default: written } = await import("../kintoun.config.ts");
  const app = new App();
  const folders = await bundleFunctions(app.outdir);
  const code = {
    api: Code.fromAsset(folders.api),
    search: Code.fromAsset(folders.search),
    dispatch: Code.fromAsset(folders.dispatch),
    worker: Code.fromAsset(folders.worker),
  };
  new KintounStack(app, String(app.node.tryGetContext("stack") ?? "Kintoun"), {
    config,
    code,
    overrides: overrideVariables(config, written),
  });
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
};

try {
  await synthesize();
} catch (error) {
  if (!(error instanceof UserError)) throw error;
  for (const line of error.lines) console.error(line);
  process.exitCode = 1;
}
