import { toError } from "../../lib/util/thrown.ts";
import { redactMessage } from "../errors.ts";

/** What stands in a line beside its message: ids and numbers. Never a secret, a header or a body. */
export type LogFields = Readonly<Record<string, unknown>>;

/** Ids that one line names. */
export const MAX_LOGGED_IDS = 20;

export const LOG_LEVELS = ["DEBUG", "INFO", "WARN", "ERROR"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** One line of JSON per entry, as CloudWatch reads it. */
export interface Log {
  /** What need be told only where somebody looks for something. */
  debug(message: string, facts?: LogFields): void;
  info(message: string, facts?: LogFields): void;
  warn(message: string, facts?: LogFields): void;
  error(message: string, facts?: LogFields & { readonly error?: unknown }): void;
  /** The same log, with facts in each of its entries. */
  with(facts: LogFields): Log;
}

/** A log of lines with the names that Powertools gives to what is in them. @param least what is of less weight is not written */
export const createJsonLog = (write: (line: string) => void, least: LogLevel = "INFO"): Log =>
  createLog((level, message, facts) => {
    if (LOG_LEVELS.indexOf(level) < LOG_LEVELS.indexOf(least)) return;
    write(formatLine({ level, message, timestamp: new Date().toISOString(), service: "kintoun" }, facts));
  });

/** A log made of what writes its entries. */
export const createLog = (
  write: (level: LogLevel, message: string, facts: LogFields) => void,
  always: LogFields = {},
): Log => {
  const entry =
    (level: LogLevel) =>
    (message: string, facts: LogFields = {}) =>
      write(level, message, { ...always, ...facts });
  return {
    debug: entry("DEBUG"),
    info: entry("INFO"),
    warn: entry("WARN"),
    error: entry("ERROR"),
    with: (facts) => createLog(write, { ...always, ...facts }),
  };
};

/** The same log, with facts in each entry that are asked for as it is written; what the entry itself says goes before them. */
export const withContext = (log: Log, facts: () => LogFields): Log =>
  createLog((level, message, given) =>
    log[level.toLowerCase() as Lowercase<LogLevel>](message, { ...facts(), ...given }),
  );

/** Characters of a line that is written as it is: CloudWatch breaks what has more than 256 KB, and would find no JSON in the pieces. */
const LONGEST_LINE = 60_000;
/** Characters of JSON of one fact that stays whole in a line that would be longer. */
const LONGEST_FACT = 8_000;
/** Characters of what is cut, and of an error's message and stack. */
const LONGEST_TEXT = 3_000;

/** JSON of a line, whatever its facts are: a log fails nobody. What the line itself says is not overwritten by facts. */
export const formatLine = (said: LogFields, facts: LogFields): string => {
  const line = { ...said, ...facts, ...(facts.error !== undefined && { error: told(facts.error) }), ...said };
  const whole = written(line);
  if (whole !== undefined && whole.length <= LONGEST_LINE) return whole;
  return JSON.stringify(Object.fromEntries(Object.entries(line).map(([name, value]) => [name, brief(value)])));
};

/** JSON of a value; `undefined` where there is none of it. */
const written = (value: unknown): string | undefined => {
  try {
    return JSON.stringify(value, replaced);
  } catch {
    return undefined;
  }
};

/** What of a fact is told in a line that can't be written as it is. */
const brief = (value: unknown): unknown => {
  const json = written(value);
  if (json === undefined) return value === undefined ? undefined : "can't be written";
  return json.length <= LONGEST_FACT ? JSON.parse(json) : cut(typeof value === "string" ? value : json);
};

const cut = (text: string): string => (text.length <= LONGEST_TEXT ? text : `${text.slice(0, LONGEST_TEXT)}…`);

/** What JSON has no word for. */
const replaced = (_: string, value: unknown): unknown => {
  if (value instanceof Error) return told(value);
  return typeof value === "bigint" ? String(value) : value;
};

/** Errors that are told of one: its causes, one below the other, or those that it sums up. */
const MOST_TOLD = 5;

/** An error without what its maker hangs on it, or quotes: clients' errors carry whole requests, with headers and bodies. */
const told = (thrown: unknown, depth = 1): LogFields => {
  const error = toError(thrown);
  const { name, stack, cause } = error;
  const message = redactMessage(error);
  const goesOn = depth < MOST_TOLD;
  return {
    name,
    message: cut(message),
    ...(typeof stack === "string" && { stack: cut(stack.replace(error.message, () => message)) }),
    ...(cause !== undefined && goesOn && { cause: told(cause, depth + 1) }),
    // What has no message of its own, such as a connection that was tried at several addresses.
    ...(error instanceof AggregateError &&
      goesOn && { errors: error.errors.slice(0, MOST_TOLD).map((one) => told(one, depth + 1)) }),
  };
};
