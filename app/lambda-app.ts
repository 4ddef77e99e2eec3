import { restoreConfig } from "../config/deployment.ts";
import { overrideSettings } from "../config/function-variables.ts";
import type { AppOptions } from "./create-app-context.ts";
import { createLambdaRuntime, type LambdaRuntime } from "./lambda-runtime.ts";
import { readWrittenConfig } from "./written-config.ts";

/** The runtime of a deployed function that runs plugins. */
interface LambdaApp extends Pick<LambdaRuntime, "observe" | "variables"> {
  readonly options: AppOptions;
}

export const createLambdaApp = async (): Promise<LambdaApp> => {
  const { options, observe, deployment, variables } = createLambdaRuntime();
  const config = await overrideSettings(
    restoreConfig(readWrittenConfig(variables), deployment.config, variables),
    variables,
  );
  return { options: { ...options, config }, observe, variables };
};
