import { App, Validations } from "aws-cdk-lib";
import { Code } from "aws-cdk-lib/aws-lambda";
import { AwsSolutionsChecks } from "cdk-nag";
import { loadConfig } from "../config/load-config.ts";
import { UserError } from "../config/problem.ts";
import { bundleFunctions } from "./bundle.ts";
import { overridesOf } from "./overrides.ts";
import { KintounStack } from "./stack.ts";

/** Makes the template and the bundles of the store that `kintoun.config.ts` and the environment describe. */
const synthesize = async (): Promise<void> => {
  const config = await loadConfig();
  // Only now: a config that can't be loaded was told above, in a line.
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
    overrides: overridesOf(config, written),
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
