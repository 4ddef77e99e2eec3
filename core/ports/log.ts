import { parseJson } from "../../lib/json.ts";
import { toError } from "../../lib/util/to-error.ts";
import { truncateText } from "../../lib/util/truncate-text.ts";
import { redactMessage } from "../errors.ts";

/** Fields of a log line: ids and numbers. Never a secret, a header or a body. */
export type LogFields = Readonly<Record<string, unknown>>;

export const LOG_LEVELS = ["DEBUG", "INFO", "WARN", "ERROR"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/**
 * A structured log that writes one line of JSON per entry.
 * @example
 * const report = (log: Log): void => log.info("Mail sent", { recipients: 2 });
 */
export interface Log {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields & { readonly error?: unknown }): void;
  /** Returns a log that adds fields to each entry. @param minLevel replaces the lowest level that is written */
  with(fields: LogFields, minLevel?: LogLevel): Log;
}

/** Creates a log with the field names of Powertools. @param minLevel entries below this level are dropped */
export const createJsonLog = (write: (line: string) => void, minLevel: LogLevel = "INFO"): Log =>
  createLog((level, message, fields, ownLevel = minLevel) => {
    if (!isAtLeast(level, ownLevel)) return;
    write(formatLine({ level, message, timestamp: new Date().toISOString(), service: "kintoun" }, fields));
  });

/** Whether an entry of a level is written, where `minLevel` is the lowest level that is. */
export const isAtLeast = (level: LogLevel, minLevel: LogLevel): boolean =>
  LOG_LEVELS.indexOf(level) >= LOG_LEVELS.indexOf(minLevel);

/** Creates a log from a function that writes an entry. It gets the lowest level of `with`, if one was given. */
export const createLog = (
  write: (level: LogLevel, message: string, fields: LogFields, minLevel?: LogLevel) => void,
  common: LogFields = {},
  minLevel?: LogLevel,
): Log => {
  const entry =
    (level: LogLevel) =>
    (message: string, fields: LogFields = {}) =>
      write(level, message, { ...common, ...fields }, minLevel);
  return {
    debug: entry("DEBUG"),
    info: entry("INFO"),
    warn: entry("WARN"),
    error: entry("ERROR"),
    with: (fields, ownLevel = minLevel) => createLog(write, { ...common, ...fields }, ownLevel),
  };
};

/**
 * Returns a log that adds the fields of `getFields` to each entry when it is written. The entry's own fields take
 * precedence.
 */
export const withContext = (log: Log, getFields: () => LogFields): Log =>
  createLog((level, message, fields, minLevel) =>
    log.with(getFields(), minLevel)[level.toLowerCase() as Lowercase<LogLevel>](message, fields),
  );

/** Longer lines are shortened: CloudWatch splits events of more than 256 KB, and the parts are not valid JSON. */
const MAX_LINE_CHARS = 60_000;
/** Maximum JSON length of a field in a shortened line. */
const MAX_FIELD_CHARS = 8_000;
/** Length of a shortened field, and maximum length of an error's message and stack. */
const MAX_TEXT_CHARS = 3_000;

/** Formats a log line as JSON. Never throws. `header` takes precedence over `fields`. */
export const formatLine = (header: LogFields, fields: LogFields): string => {
  const line = {
    ...header,
    ...fields,
    ...(fields.error !== undefined && { error: serializeError(fields.error) }),
    ...header,
  };
  const json = tryStringify(line);
  if (json !== undefined && json.length <= MAX_LINE_CHARS) return json;
  return JSON.stringify(Object.fromEntries(Object.entries(line).map(([name, value]) => [name, shorten(value)])));
};

const tryStringify = (value: unknown): string | undefined => {
  try {
    return JSON.stringify(value, replaceValue);
  } catch {
    return undefined;
  }
};

const shorten = (value: unknown): unknown => {
  const json = tryStringify(value);
  if (json === undefined) return value === undefined ? undefined : "cannot be serialized";
  return json.length <= MAX_FIELD_CHARS ? parseJson(json) : truncate(typeof value === "string" ? value : json);
};

const truncate = (text: string): string => truncateText(text, MAX_TEXT_CHARS, "…");

/** Serializes values that JSON does not support. */
const replaceValue = (_: string, value: unknown): unknown => {
  return value instanceof Error ? serializeError(value) : value;
};

/** Maximum depth of causes, and maximum number of an AggregateError's errors. */
const MAX_ERRORS = 5;

/**
 * Serializes an error without custom properties and quoted input: errors of clients may hold requests with headers and
 * bodies.
 */
export const serializeError = (thrown: unknown, depth = 1): LogFields => {
  const error = toError(thrown);
  const { name, stack, cause } = error;
  const message = redactMessage(error);
  const includesNested = depth < MAX_ERRORS;
  return {
    name,
    message: truncate(message),
    ...(typeof stack === "string" && { stack: truncate(stack.replace(error.message, () => message)) }),
    ...(cause !== undefined && includesNested && { cause: serializeError(cause, depth + 1) }),
    // An AggregateError, e.g. of a connection that was tried at several addresses, may have an empty message.
    ...(error instanceof AggregateError &&
      includesNested && { errors: error.errors.slice(0, MAX_ERRORS).map((one) => serializeError(one, depth + 1)) }),
  };
};
