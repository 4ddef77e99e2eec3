import type { Context } from "aws-lambda";
import { createLambdaLog } from "../adapters/log/powertools.ts";
import { formatEmf } from "../adapters/metrics/emf.ts";
import { readConfig } from "../config/config.ts";
import { readOverrides, readStoreLocation } from "../config/environment.ts";
import { queueConfigs } from "../config/queues.ts";
import { createMetricsBuffer } from "../core/ports/meter.ts";
import kintounConfig from "../kintoun.config.ts";
import type { AppOptions } from "./create-app-context.ts";
import { readSampledTrace } from "./trace.ts";
import { logUnhandledRejections } from "./unhandled-rejections.ts";

type LambdaHandler<Event, Result> = (event: Event, context?: Context) => Promise<Result>;

/** The runtime of a deployed function. */
export interface LambdaRuntime {
  /** From the bundled config and the environment variables that infra sets. */
  readonly options: AppOptions;
  /** Wraps a handler: adds log context and writes metrics after each invocation. */
  readonly observe: <Event, Result>(handler: LambdaHandler<Event, Result>) => LambdaHandler<Event, Result>;
}

export const createLambdaRuntime = (): LambdaRuntime => {
  // Lambda passes on all levels (infra/function.ts). Powertools would take its level for the logger's own.
  delete process.env.AWS_LAMBDA_LOG_LEVEL;
  const { log, begin, end } = createLambdaLog();
  logUnhandledRejections(log);
  const config = readConfig(kintounConfig, readOverrides(process.env), { isDeployed: true });
  const { metrics, tracing } = config.observability;
  const meter = createMetricsBuffer();
  const location = readStoreLocation(process.env, queueConfigs(config));
  const service = process.env.POWERTOOLS_SERVICE_NAME ?? "kintoun";
  return {
    options: {
      config,
      location,
      ...(location.searchEndpoints && { cloud: { searchEndpoints: location.searchEndpoints } }),
      log,
      ...(metrics && { meter }),
      ...(tracing && { getTrace: () => readSampledTrace(process.env._X_AMZN_TRACE_ID) }),
    },
    observe: (handler) => async (event, context) => {
      if (context !== undefined) begin(context);
      try {
        return await handler(event, context);
      } finally {
        // Lambda's console adds a prefix, after which CloudWatch does not find the metrics.
        for (const line of formatEmf(meter.take(), { namespace: "Kintoun", service, now: Date.now() }))
          process.stdout.write(`${line}\n`);
        end();
      }
    },
  };
};
