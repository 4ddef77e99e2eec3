import { Logger } from "@aws-lambda-powertools/logger";
import type { LogAttributes } from "@aws-lambda-powertools/logger/types";
import type { Context } from "aws-lambda";
import { createLog, formatLine, isAtLeast, LOG_LEVELS, type Log, type LogLevel } from "../../core/ports/log.ts";
import { parseJson } from "../../lib/json.ts";

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
  let invocation: Context | undefined;
  // Writes the lines of plugins with a lower level than the function's. Created for the first of them.
  let verbose: Logger | undefined;
  const openVerbose = () => {
    verbose = new Logger({ logLevel: "DEBUG", sampleRateValue: 0 });
    if (invocation !== undefined) verbose.addContext(invocation);
    return verbose;
  };
  return {
    // formatLine cuts errors and removes reserved names. Powertools would log every property of an error.
    log: createLog((level, text, { level: _, timestamp, service, sampling_rate, ...fields }, minLevel) => {
      if (minLevel !== undefined && !isAtLeast(level, minLevel)) return;
      const { message, ...rest } = parseJson(formatLine({ message: text }, fields)) as { message: string };
      const isWritten = minLevel === undefined || isAtLeast(level, readLevel(logger));
      (isWritten ? logger : (verbose ?? openVerbose()))[METHODS[level]](message, rest as LogAttributes);
    }),
    begin: (context) => {
      invocation = context;
      logger.refreshSampleRateCalculation();
      logger.addContext(context);
      verbose?.addContext(context);
    },
    end: () => logger.clearBuffer(),
  };
};

const METHODS = { DEBUG: "debug", INFO: "info", WARN: "warn", ERROR: "error" } as const satisfies Record<
  LogLevel,
  string
>;

/** Other levels of Powertools, such as TRACE, are below or above all of ours. */
const readLevel = (logger: Logger): LogLevel => {
  const name = logger.getLevelName();
  return LOG_LEVELS.find((level) => level === name) ?? (name === "TRACE" ? "DEBUG" : "ERROR");
};
