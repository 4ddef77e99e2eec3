import { createHash } from "node:crypto";
import { fillTemplate } from "@kintoun/kit";
import { escapeHtml } from "./escape-html.ts";

export interface Words {
  readonly subject: string;
  readonly text: string;
  readonly html?: string | undefined;
}

/** What stands where `{entries}` stands, which may be longer than a value. */
interface Entries {
  readonly text: string;
  readonly html: string;
}

/** A mail's words, filled with values: in HTML they are text. */
export const wordsOf = ({ subject, text, html }: Words, values: object, entries?: Entries) => ({
  subject: fillTemplate(subject, values),
  text: filled(text, values, entries?.text),
  ...(html !== undefined && { html: filled(html, values, entries?.html, escapeHtml) }),
});

const filled = (
  template: string,
  values: object,
  entries: string | undefined,
  show?: (text: string) => string,
): string => {
  if (entries === undefined) return fillTemplate(template, values, show);
  const parts = template.split("{entries}").map((part) => fillTemplate(part, values, show));
  return parts.join(entries);
};

/** The same for the same parts: letters and digits. */
export const idOf = (...parts: readonly string[]): string =>
  createHash("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, 32);
