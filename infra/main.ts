import { App, Validations } from "aws-cdk-lib";
import { Code } from "aws-cdk-lib/aws-lambda";
import { AwsSolutionsChecks } from "cdk-nag";
import { readConfig } from "../app/config.ts";
import { readOverrides } from "../app/environment.ts";
import { Problem } from "../app/problem.ts";
import kintounConfig from "../kintoun.config.ts";
import { bundleFunctions } from "./bundle.ts";
import { overridesIn } from "./overrides.ts";
import { KintounStack } from "./stack.ts";

/** Makes the template and the bundles of the store that `kintoun.config.ts` and the environment describe. */
const synthesize = async (): Promise<void> => {
  const config = readConfig(kintounConfig, readOverrides(process.env));
  const app = new App();
  const folders = await bundleFunctions(app.outdir);
  const code = {
    api: Code.fromAsset(folders.api),
    search: Code.fromAsset(folders.search),
    dispatch: Code.fromAsset(folders.dispatch),
    worker: Code.fromAsset(folders.worker),
  };
  new KintounStack(app, String(app.node.tryGetContext("stack") ?? "Kintoun"), { config, code, overrides: overridesIn(process.env) });
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
};

try {
  await synthesize();
} catch (error) {
  if (!(error instanceof Problem)) throw error;
  for (const line of error.lines) console.error(line);
  process.exitCode = 1;
}
