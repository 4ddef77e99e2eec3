import { restoreConfig } from "../config/deployment.ts";
import kintounConfig from "../kintoun.config.ts";
import type { AppOptions } from "./create-app-context.ts";
import { createLambdaRuntime, type LambdaRuntime } from "./lambda-runtime.ts";

/** The runtime of a deployed function that runs plugins. */
interface LambdaApp extends Pick<LambdaRuntime, "observe"> {
  readonly options: AppOptions;
}

export const createLambdaApp = (): LambdaApp => {
  const { options, observe, deployment, variables } = createLambdaRuntime();
  return { options: { ...options, config: restoreConfig(kintounConfig, deployment.config, variables) }, observe };
};
