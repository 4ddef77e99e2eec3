import { Logger } from "@aws-lambda-powertools/logger";
import type { LogAttributes } from "@aws-lambda-powertools/logger/types";
import type { Context } from "aws-lambda";
import { type Log, type LogLevel, logOf, toLine } from "../../core/ports/log.ts";

/** A log in Lambda, and what it is told of each call of the function. */
export interface LambdaLog {
  readonly log: Log;
  /** From now on lines bear the call's id, and whether it is the first. */
  readonly begin: (context: Context) => void;
  readonly end: () => void;
}

/**
 * Powertools' logger, with its variables: `POWERTOOLS_SERVICE_NAME`, `POWERTOOLS_LOG_LEVEL`, `POWERTOOLS_LOGGER_SAMPLE_RATE`. What is below the
 * level is kept until the call ends, and written should anything fail in it.
 */
export const openLambdaLog = (): LambdaLog => {
  const logger = new Logger({ logBufferOptions: { enabled: true, flushOnErrorLog: true } });
  return {
    // Powertools would tell of an error whatever hangs on it, and of a name that is its own that it may not be used.
    log: logOf((level, said, { level: _, timestamp, service, sampling_rate, ...facts }) => {
      const { message, ...rest } = JSON.parse(toLine({ message: said }, facts)) as { message: string };
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
