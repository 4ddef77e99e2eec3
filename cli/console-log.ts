import { inspect, styleText } from "node:util";
import { createLog, isAtLeast, type Log, type LogFields, type LogLevel, serializeError } from "../core/ports/log.ts";
import { isObject } from "../lib/json.ts";
import { escapeForTerminal, toSingleLine } from "./output.ts";

const COLORS = { DEBUG: "gray", INFO: "green", WARN: "yellow", ERROR: "red" } as const;
/** Long ids that a reader of the terminal does not need. `--log json` has them. */
const OMITTED = new Set(["request_id", "message_id"]);
/** Maximum length of a field. `--log json` has longer ones. */
const MAX_FIELD_CHARS = 200;

/**
 * Creates a log for people who watch a terminal: a line with the time, the level, the message and the fields, and the
 * stack of an error below it. Colors follow the environment, for example NO_COLOR.
 * @param minLevel entries below this level are dropped
 * @example
 * createConsoleLog(process.stderr, "DEBUG").info("GET /v1/", { status: 200, ms: 3 });
 * // 12:00:00 INFO  GET /v1/  status=200 ms=3
 */
export const createConsoleLog = (stream: NodeJS.WriteStream, minLevel: LogLevel): Log =>
  createLog((level, message, { error, ...fields }, ownLevel = minLevel) => {
    if (!isAtLeast(level, ownLevel)) return;
    const paint = (color: Parameters<typeof styleText>[0], text: string) => styleText(color, text, { stream });
    const parts = [
      paint("gray", new Date().toTimeString().slice(0, 8)),
      paint(COLORS[level], level.padEnd(5)),
      toSingleLine(message),
      paint("gray", formatFields(fields)),
    ];
    const details = error === undefined ? "" : `${escapeForTerminal(formatError(serializeError(error)))}\n`;
    stream.write(`${parts.join(" ").trimEnd()}\n${details.replace(/^(?=.)/gm, "  ")}`);
  });

const formatFields = (fields: LogFields): string => {
  const pairs = Object.entries(fields).filter(([name, value]) => value !== undefined && !OMITTED.has(name));
  return pairs.length === 0 ? "" : ` ${pairs.map(([name, value]) => `${name}=${formatValue(value)}`).join(" ")}`;
};

const formatValue = (value: unknown): string => {
  const text = typeof value === "string" && /^[^\s"]+$/.test(value) ? value : inspect(value, { breakLength: Infinity });
  return toSingleLine(text.length <= MAX_FIELD_CHARS ? text : `${text.slice(0, MAX_FIELD_CHARS)}…`);
};

const formatError = ({ name, message, stack, cause, errors }: LogFields): string =>
  [
    String(stack ?? `${name}: ${message}`),
    ...[cause, ...(Array.isArray(errors) ? errors : [])].flatMap((one) =>
      isObject(one) ? [`Caused by ${formatError(one)}`] : [],
    ),
  ].join("\n");
