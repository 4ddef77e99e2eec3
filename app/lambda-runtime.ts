import type { Context } from "aws-lambda";
import { createLambdaLog } from "../adapters/log/powertools.ts";
import { formatEmf } from "../adapters/metrics/emf.ts";
import { readAwsConnection } from "../config/aws-environment.ts";
import type { Deployment } from "../config/deployment.ts";
import { readStoreLocation } from "../config/store-location.ts";
import { createMetricsBuffer } from "../core/ports/meter.ts";
import type { AppOptions } from "./create-app-context.ts";
import { readDeployment } from "./deployment.ts";
import { readSampledTrace } from "./trace.ts";
import { logUnhandledRejections } from "./unhandled-rejections.ts";

type LambdaHandler<Event, Result> = (event: Event, context?: Context) => Promise<Result>;

/** The runtime of a deployed function. */
export interface LambdaRuntime {
  /** From the deployment and the environment variables that Lambda and infra set. */
  readonly options: Omit<AppOptions, "config">;
  readonly deployment: Deployment;
  readonly variables: Readonly<Record<string, string | undefined>>;
  /** Wraps a handler: adds log context and writes metrics after each invocation. */
  readonly observe: <Event, Result>(handler: LambdaHandler<Event, Result>) => LambdaHandler<Event, Result>;
}

export const createLambdaRuntime = (deployment: Deployment = readDeployment(process.env)): LambdaRuntime => {
  // Lambda passes on all levels (infra/function.ts). Powertools would take its level for the logger's own.
  delete process.env.AWS_LAMBDA_LOG_LEVEL;
  const { log, begin, end } = createLambdaLog();
  logUnhandledRejections(log);
  const { metrics, tracing } = deployment.config.observability;
  const meter = createMetricsBuffer();
  const location = readStoreLocation(process.env, deployment.routing.queues);
  const service = process.env.POWERTOOLS_SERVICE_NAME ?? "kintoun";
  return {
    deployment,
    variables: process.env,
    options: {
      location,
      cloud: {
        dynamodb: readAwsConnection(process.env, "DYNAMODB"),
        sqs: { ...readAwsConnection(process.env, "SQS"), getTrace: () => process.env._X_AMZN_TRACE_ID },
        ...(location.searchEndpoints && { searchEndpoints: location.searchEndpoints }),
        ...(location.indexCopies && {
          indexCopies: { s3: readAwsConnection(process.env, "S3"), bucket: location.indexCopies },
        }),
        ...(location.logGroups && {
          cloudWatch: {
            logs: readAwsConnection(process.env, "CLOUDWATCH_LOGS"),
            metrics: readAwsConnection(process.env, "CLOUDWATCH"),
            logGroups: location.logGroups,
          },
        }),
        ...(location.files && { files: { s3: readAwsConnection(process.env, "S3"), buckets: location.files } }),
      },
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
