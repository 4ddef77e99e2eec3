import { decodeEvent } from "../core/events/event.ts";
import { decodeBody } from "../core/events/message-body.ts";
import { createJsonLog } from "../core/ports/log.ts";
import { isObject } from "../lib/json.ts";

/**
 * Characters that a terminal interprets or that hide what a text says: control characters and bidirectional controls.
 */
const UNSAFE = /[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu;

/** Escapes what a terminal would interpret, except line breaks and tabs. JSON remains JSON of the same value. */
export const escapeForTerminal = (text: string): string =>
  text.replace(UNSAFE, (char) => (char === "\n" || char === "\t" ? char : escapeChar(char)));

/** Like {@link escapeForTerminal}, for text that must stay on one line. */
export const toSingleLine = (text: string): string => text.replace(UNSAFE, escapeChar);

const escapeChar = (char: string): string => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`;

/** Prints a command's result to stdout. */
export const print = (text: string): void => console.log(escapeForTerminal(text));

/** Prints a notice, such as progress or an error, to stderr. */
export const printNotice = (text: string): void => console.error(escapeForTerminal(text));

/** The log of the store's functions that run inside a command: JSON lines on stderr. */
export const commandLog = createJsonLog(printNotice);

/** Formats rows as aligned columns; numbers are right-aligned. */
export const formatColumns = (rows: readonly (readonly (string | number)[])[]): string => {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => String(row[column] ?? "").length)));
  const cell = (value: string | number, column: number) => {
    const [text, width] = [String(value), widths[column] ?? 0];
    return typeof value === "number" ? text.padStart(width) : text.padEnd(width);
  };
  return rows.map((row) => row.map(cell).join("  ").trimEnd()).join("\n");
};

/**
 * Describes a queue message in a few words: the change, the job, the schedule or the external event that it is about.
 */
export const describeMessage = (body: string): string => {
  try {
    const { action, uri } = decodeEvent(body);
    return toSingleLine(`${action} ${uri}`);
  } catch {
    return toSingleLine(describeOtherMessage(body));
  }
};

const describeOtherMessage = (body: string): string => {
  let message: unknown;
  try {
    message = decodeBody(body);
  } catch {
    message = undefined;
  }
  if (!isObject(message)) return "a message that Kintoun did not send";
  if (typeof message.job === "string") return `job ${message.job}`;
  if (typeof message.schedule === "string") return `schedule ${message.schedule}`;
  if (typeof message.source === "string") return `${message["detail-type"] ?? "event"} from ${message.source}`;
  return "a message";
};

/** Milliseconds between two updates, on a terminal and elsewhere. */
const TERMINAL_INTERVAL_MS = 100;
const LOG_INTERVAL_MS = 10_000;
const BAR_WIDTH = 24;

/**
 * Reports progress on stderr: one line that is rewritten on a terminal, a line every ten seconds elsewhere, and a
 * final line.
 */
export const createProgress = (unit: string, stream: NodeJS.WriteStream = process.stderr) => {
  const startedAt = performance.now();
  let writtenAt = 0;
  let previous = "";
  const write = (line: string, isLast: boolean) => {
    if (stream.isTTY) stream.write(`\r${line.padEnd(previous.length)}${isLast ? "\n" : ""}`);
    else if (isLast || performance.now() - writtenAt > LOG_INTERVAL_MS) stream.write(`${line}\n`);
    else return;
    previous = line;
    writtenAt = performance.now();
  };
  const format = (done: number, total?: number) => {
    const rate = done / Math.max(0.001, (performance.now() - startedAt) / 1000);
    const [bar, of] = total === undefined ? ["", ""] : [`${formatBar(done, total)} `, ` of ${total}`];
    return `${bar}${done}${of} ${unit}, ${rate.toFixed(1)} per second`;
  };
  return {
    /** @param total leave out when it is not known */
    step: (done: number, total?: number) => {
      if (!stream.isTTY || performance.now() - writtenAt > TERMINAL_INTERVAL_MS) write(format(done, total), false);
    },
    end: (done: number, total?: number) => write(format(done, total), true),
  };
};

const formatBar = (done: number, total: number): string => {
  const full = total === 0 ? BAR_WIDTH : Math.min(BAR_WIDTH, Math.floor((done / total) * BAR_WIDTH));
  return `[${"#".repeat(full)}${"-".repeat(BAR_WIDTH - full)}]`;
};

/** Formats a number of things, for example `1 entry` or `2 entries`. */
export const formatCount = (count: number, one: string, many = `${one}s`): string =>
  `${count} ${count === 1 ? one : many}`;
