import { createHash } from "node:crypto";
import { fillTemplate } from "@kintoun/kit";
import { escapeHtml } from "./escape-html.ts";

/** Characters of a mail's text, and of its HTML, that are sent. */
const LONGEST = 500_000;

export interface Words {
  readonly subject: string;
  readonly text: string;
  readonly html?: string | undefined;
}

/** A mail's words, filled with values: in HTML they are text. @param lists what stands, as HTML, where `{name}` stands in HTML alone */
export const wordsOf = ({ subject, text, html }: Words, values: object, lists: Readonly<Record<string, string>> = {}) => ({
  subject: fillTemplate(subject, values),
  text: cut(fillTemplate(text, values)),
  ...(html !== undefined && { html: cut(fillHtml(html, values, lists)) }),
});

const fillHtml = (html: string, values: object, lists: Readonly<Record<string, string>>): string => {
  const [first, ...others] = Object.entries(lists);
  if (first === undefined) return fillTemplate(html, values, escapeHtml);
  return html
    .split(`{${first[0]}}`)
    .map((part) => fillHtml(part, values, Object.fromEntries(others)))
    .join(first[1]);
};

const cut = (text: string): string => (text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text);

/** The same for the same parts: letters and digits. */
export const idOf = (...parts: readonly string[]): string => createHash("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, 32);
