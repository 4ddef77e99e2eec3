import { Logger } from "@aws-lambda-powertools/logger";
import type { LogAttributes } from "@aws-lambda-powertools/logger/types";
import type { Context } from "aws-lambda";
import { createLog, formatLine, type Log, type LogLevel } from "../../core/ports/log.ts";

/** A log for Lambda functions. */
export interface LambdaLog {
  readonly log: Log;
  /** Call at the start of an invocation. Further lines contain its request id, and whether it was a cold start. */
  readonly begin: (context: Context) => void;
  /** Call at the end of an invocation. */
  readonly end: () => void;
}

/**
 * Creates a log that writes through Powertools' logger. It is configured by `POWERTOOLS_SERVICE_NAME`,
 * `POWERTOOLS_LOG_LEVEL` and `POWERTOOLS_LOGGER_SAMPLE_RATE`. Lines below the level are buffered until the invocation
 * ends, and written if an error is logged.
 */
export const createLambdaLog = (): LambdaLog => {
  const logger = new Logger({ logBufferOptions: { enabled: true, flushOnErrorLog: true } });
  return {
    // formatLine cuts errors and removes reserved names. Powertools would log every property of an error.
    log: createLog((level, text, { level: _, timestamp, service, sampling_rate, ...fields }) => {
      const { message, ...rest } = JSON.parse(formatLine({ message: text }, fields)) as { message: string };
      logger[METHODS[level]](message, rest as LogAttributes);
    }),
    begin: (context) => {
      logger.refreshSampleRateCalculation();
      logger.addContext(context);
    },
    end: () => logger.clearBuffer(),
  };
};

const METHODS = { DEBUG: "debug", INFO: "info", WARN: "warn", ERROR: "error" } as const satisfies Record<
  LogLevel,
  string
>;
