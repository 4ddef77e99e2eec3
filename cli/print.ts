import { createJsonLog } from "../core/ports/log.ts";

/** What a terminal would obey, or a reader be misled by, instead of seeing it: control characters, and what turns the direction of writing. */
const OBEYED = /[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu;

/** A text as a terminal may be given it, whoever wrote it; JSON stays JSON of the same value. */
export const printable = (text: string): string =>
  text.replace(OBEYED, (mark) => (mark === "\n" || mark === "\t" ? mark : escaped(mark)));

/** The same for what is to be one line. */
export const inLine = (text: string): string => text.replace(OBEYED, escaped);

const escaped = (mark: string): string => `\\u${mark.charCodeAt(0).toString(16).padStart(4, "0")}`;

/** Prints what was asked for. */
export const print = (text: string): void => console.log(printable(text));

/** Tells what is to be known beside it. */
export const tell = (text: string): void => console.error(printable(text));

/** What a command logs, of the store's functions that it runs. */
export const commandLog = createJsonLog(tell);
