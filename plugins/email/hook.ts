import type { ChangeEvent } from "@kintoun/kit";
import type { Bounds, Digest, Options } from "./options.ts";

/** Whom to tell, and in which words. */
export interface Hook {
  /** What the log tells of it, and what becomes part of its mails' ids. */
  readonly id: string;
  readonly recipients: readonly string[];
  readonly cc: readonly string[];
  readonly bcc: readonly string[];
  readonly replyTo: readonly string[];
  readonly subject: string;
  readonly text: string;
  readonly html?: string | undefined;
  readonly digest?: Digest | undefined;
  /** How far it goes; an operator's own goes everywhere. */
  readonly bounds?: Bounds;
}

/** What templates can show of an event: its own fields, and what kinto-emailer calls them. */
export const valuesOf = (event: ChangeEvent, { rootUrl, settings }: Pick<Options, "rootUrl" | "settings">): object => {
  const { new: after, old } = event;
  return {
    ...event,
    id: (after ?? old)?.id,
    event: AFTER_CHANGE,
    root_url: rootUrl,
    settings,
    impacted_objects: [{ new: after, old }],
  };
};

/** What kinto-emailer's hooks call the events that there are here. */
export const AFTER_CHANGE = "kinto.core.events.AfterResourceChanged";
