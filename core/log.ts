/** What stands in a line beside its message: ids and numbers. Never a secret, a header or a body. */
export type Facts = Readonly<Record<string, unknown>>;

export const LOG_LEVELS = ["DEBUG", "INFO", "WARN", "ERROR"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** One line of JSON per entry, as CloudWatch reads it. */
export interface Log {
  /** What need be told only where somebody looks for something. */
  debug(message: string, facts?: Facts): void;
  info(message: string, facts?: Facts): void;
  warn(message: string, facts?: Facts): void;
  error(message: string, facts?: Facts & { readonly error?: unknown }): void;
  /** The same log, with facts in each of its entries. */
  with(facts: Facts): Log;
}

/** A log of lines with the names that Powertools gives to what is in them. @param least what is of less weight is not written */
export const jsonLog = (write: (line: string) => void, least: LogLevel = "INFO"): Log =>
  logOf((level, message, facts) => {
    if (LOG_LEVELS.indexOf(level) < LOG_LEVELS.indexOf(least)) return;
    write(toLine({ level, message, timestamp: new Date().toISOString(), service: "kintoun" }, facts));
  });

/** A log made of what writes its entries. */
export const logOf = (write: (level: LogLevel, message: string, facts: Facts) => void, always: Facts = {}): Log => {
  const entry =
    (level: LogLevel) =>
    (message: string, facts: Facts = {}) =>
      write(level, message, { ...always, ...facts });
  return {
    debug: entry("DEBUG"),
    info: entry("INFO"),
    warn: entry("WARN"),
    error: entry("ERROR"),
    with: (facts) => logOf(write, { ...always, ...facts }),
  };
};

/** The same log, with facts in each entry that are asked for as it is written; what the entry itself says goes before them. */
export const knowing = (log: Log, facts: () => Facts): Log =>
  logOf((level, message, given) => log[level.toLowerCase() as Lowercase<LogLevel>](message, { ...facts(), ...given }));

/** JSON of a line, whatever its facts are: a log fails nobody. What the line itself says is not overwritten by facts. */
export const toLine = (said: Facts, facts: Facts): string => {
  const line = { ...said, ...facts, ...said };
  try {
    return JSON.stringify(line, replaced);
  } catch (error) {
    return JSON.stringify({ ...said, unwritable: String(error) });
  }
};

/** What JSON has no word for. */
export const replaced = (_: string, value: unknown): unknown => {
  if (value instanceof Error) return told(value);
  return typeof value === "bigint" ? String(value) : value;
};

/** An error without what its maker hangs on it: clients' errors carry whole requests, with headers and bodies. */
export const told = ({ name, message, stack, cause }: Error): Facts => ({
  name,
  message,
  ...(stack !== undefined && { stack }),
  ...(cause !== undefined && { cause: cause instanceof Error ? told(cause) : String(cause) }),
});
