import type { Context } from "aws-lambda";
import { openLambdaLog } from "../adapters/log/powertools.ts";
import { toEmf } from "../adapters/metrics/emf.ts";
import { readConfig } from "../config/config.ts";
import { readOverrides, readPlace } from "../config/environment.ts";
import { queuesOf } from "../config/queues.ts";
import { measures } from "../core/ports/meter.ts";
import kintounConfig from "../kintoun.config.ts";
import { logForgottenPromises } from "./forgotten-promises.ts";
import type { Opening } from "./open.ts";
import { sampledTrace } from "./trace.ts";

type LambdaHandler<Event, Result> = (event: Event, context?: Context) => Promise<Result>;

/** A deployed function. */
export interface Deployed {
  /** How it is opened: by the config it was bundled with, and the environment that infra gave it. */
  readonly opening: Opening;
  /** The handler, with what its log and metrics are to know of each call. */
  readonly observed: <Event, Result>(handler: LambdaHandler<Event, Result>) => LambdaHandler<Event, Result>;
}

export const deployed = (): Deployed => {
  const { log, begin, end } = openLambdaLog();
  logForgottenPromises(log);
  const config = readConfig(kintounConfig, readOverrides(process.env));
  const { metrics, tracing } = config.observability;
  const meter = measures();
  const service = process.env.POWERTOOLS_SERVICE_NAME ?? "kintoun";
  return {
    opening: {
      config,
      place: readPlace(process.env, queuesOf(config)),
      log,
      ...(metrics && { meter }),
      ...(tracing && { trace: () => sampledTrace(process.env._X_AMZN_TRACE_ID) }),
    },
    observed: (handler) => async (event, context) => {
      if (context !== undefined) begin(context);
      try {
        return await handler(event, context);
      } finally {
        // Lambda's own console would put something before the line, and CloudWatch then find no metrics in it.
        for (const line of toEmf(meter.take(), { namespace: "Kintoun", service, now: Date.now() }))
          process.stdout.write(`${line}\n`);
        end();
      }
    },
  };
};
