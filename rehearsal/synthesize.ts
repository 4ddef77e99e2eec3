import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { App } from "aws-cdk-lib";
import { Code } from "aws-cdk-lib/aws-lambda";
import { readConfig } from "../config/config.ts";
import { bundleFunctions } from "../infra/bundle.ts";
import { DataStack } from "../infra/data-stack.ts";
import { KintounStack } from "../infra/stack.ts";
import written from "./kintoun.config.ts";

const CONFIG_FILE = fileURLToPath(new URL("kintoun.config.ts", import.meta.url));
const STACK = "Kintoun";

/** Synthesizes the config of the rehearsal as `npm run synth` does that of `kintoun.config.ts`. @param outdir gets the assembly */
export const synthesizeRehearsal = async (outdir: string): Promise<void> => {
  const { context } = JSON.parse(readFileSync(join(import.meta.dirname, "../cdk.json"), "utf8")) as {
    context: Record<string, unknown>;
  };
  const config = readConfig(written, {}, { isDeployed: true });
  const app = new App({ context, outdir, builtinCloudFormationValidation: false });
  const folders = await bundleFunctions(outdir, config, CONFIG_FILE);
  const code = {
    api: Code.fromAsset(folders.api),
    search: Code.fromAsset(folders.search),
    dispatch: Code.fromAsset(folders.dispatch),
    worker: Code.fromAsset(folders.worker),
  };
  const stack = new KintounStack(app, STACK, { config, code, table: STACK });
  stack.addStackDependency(new DataStack(app, `${STACK}-data`, { table: STACK }));
  app.synth();
};
