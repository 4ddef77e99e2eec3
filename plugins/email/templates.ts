import { createHash } from "node:crypto";
import { type ChangeEvent, fillTemplate } from "@kintoun/kit";
import type { Options } from "./options.ts";

/** The event name that kinto-emailer's hooks use for committed changes. */
export const AFTER_RESOURCE_CHANGED = "kinto.core.events.AfterResourceChanged";

/** The values that templates can show: the event's own fields, and those that kinto-emailer offers. */
export const templateValues = (
  event: ChangeEvent,
  { rootUrl, settings }: Pick<Options, "rootUrl" | "settings">,
): object => {
  const { new: after, old } = event;
  return {
    ...event,
    id: (after ?? old)?.id,
    event: AFTER_RESOURCE_CHANGED,
    root_url: rootUrl,
    settings,
    impacted_objects: [{ new: after, old }],
  };
};

interface MailTemplate {
  readonly subject: string;
  readonly text: string;
  readonly html?: string | undefined;
}

/** The replacement of `{entries}`. Unlike values it has no maximum length. */
interface DigestEntries {
  readonly text: string;
  readonly html: string;
}

/** Fills the templates of a mail with values. Values are escaped in HTML. */
export const fillMail = ({ subject, text, html }: MailTemplate, values: object, entries?: DigestEntries) => ({
  subject: fillTemplate(subject, values),
  text: fillBody(text, values, entries?.text),
  ...(html !== undefined && { html: fillBody(html, values, entries?.html, escapeHtml) }),
});

const fillBody = (
  template: string,
  values: object,
  entries: string | undefined,
  escapeValue?: (text: string) => string,
): string => {
  if (entries === undefined) return fillTemplate(template, values, escapeValue);
  const parts = template.split("{entries}").map((part) => fillTemplate(part, values, escapeValue));
  return parts.join(entries);
};

/** Escapes text for HTML elements and quoted attributes. */
export const escapeHtml = (text: string): string => text.replace(/[&<>"'`]/g, (char) => `&#${char.charCodeAt(0)};`);

/** A stable id of 32 hexadecimal digits. */
export const hashId = (...parts: readonly string[]): string =>
  createHash("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, 32);
