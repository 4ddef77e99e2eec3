import { LOG_LEVELS, type LogLevel } from "../core/ports/log.ts";

/** What is logged outside of Lambda: the variable of Powertools means the same there. */
export const readLogLevel = ({ POWERTOOLS_LOG_LEVEL }: Readonly<Record<string, string | undefined>>): LogLevel =>
  LOG_LEVELS.find((level) => level === POWERTOOLS_LOG_LEVEL?.toUpperCase()) ?? "INFO";
