import type { ActionParam } from "../core/jobs/action.ts";
import type { PermissionExplanation } from "../core/permissions/explain.ts";
import type { JsonObject } from "../lib/json.ts";

/**
 * What a store knows of itself: its plugins and queues, and why users may do what they may. It only reads, and checks no
 * permission: routes that use it are for administrators.
 * @example
 * const listPluginNames = async (inspection: Inspection): Promise<string[]> =>
 *   inspection.describe().plugins.map(({ name }) => name);
 */
export interface Inspection {
  /** Describes the running configuration. */
  describe(): StoreDescription;
  /**
   * Explains what a user may do on an object, and why.
   * @throws an error that is answered with 400 if there is no such user or path
   */
  explain(request: ExplainRequest): Promise<PermissionExplanation>;
  /**
   * Returns a part of the groups that a user is in, sorted by URI. Their number is unlimited.
   * @param after the `next` of the part before
   */
  listGroups(user: string, after?: string): Promise<{ readonly groups: readonly string[]; readonly next?: string }>;
  /** The mails that were kept instead of sent; `undefined` where all mail is sent, as in AWS. */
  readonly mails: CaughtMails | undefined;
}

/**
 * The user and the object of an explanation.
 * @example
 * const request: ExplainRequest = { user: "account:ada", path: "/buckets/blog" };
 */
export interface ExplainRequest {
  /** A user id; `system.Everyone` for an anonymous user, `system.Authenticated` for any user. */
  readonly user: string;
  /** The URI of an object, which need not exist; `/` for the root. */
  readonly path: string;
}

/**
 * What runs.
 * @example
 * const countQueues = ({ queues }: StoreDescription): number => queues.length;
 */
export interface StoreDescription {
  /** Kintoun's version. */
  readonly version: string;
  /** The version of Node.js. */
  readonly node: string;
  readonly place: "aws" | "laptop";
  /** Active plugins in the config's order. */
  readonly plugins: readonly {
    readonly name: string;
    /** The name in its definition. */
    readonly definition: string;
    readonly about: string;
    readonly version: string | undefined;
    readonly url: string | undefined;
    /** Its parts, then its needs. */
    readonly parts: readonly { readonly kind: string; readonly name: string; readonly description: string }[];
  }[];
  readonly queues: readonly QueueDescription[];
  readonly actions: readonly {
    readonly name: string;
    readonly plugin: string;
    readonly about: string;
    /** The types of objects that have it; `server` is the root. */
    readonly on: readonly string[];
    /** The permission on the object that a user needs. */
    readonly permission: string;
    /** The JSON Schema of each parameter, with `required`. */
    readonly params: Readonly<Record<string, ActionParam>>;
  }[];
  /** The protocol settings, without those of single buckets and collections. */
  readonly settings: JsonObject;
  /** What the configuration lets others do, and what it costs while idle. `action` is empty if nothing is to do. */
  readonly findings: readonly {
    readonly severity: "error" | "warning" | "note";
    readonly check: string;
    readonly message: string;
    readonly action: string;
  }[];
}

/**
 * A queue with its worker.
 * @example
 * const isOrdered = ({ ordered }: QueueDescription): boolean => ordered;
 */
export interface QueueDescription {
  readonly name: string;
  /** Whose code handles its messages; `null` for the store's own. */
  readonly plugin: string | null;
  readonly kind: "purge" | "listener" | "inbound" | "jobs";
  /** The events that it receives, such as `record.create`; empty if it is not of a listener. */
  readonly on: readonly string[];
  /** Limits of the events by ids; `undefined` if there are none. */
  readonly buckets: readonly string[] | undefined;
  readonly collections: readonly string[] | undefined;
  /** Publishers that receive the results, as `<plugin>.<part>`. */
  readonly publishers: readonly string[];
  readonly ordered: boolean;
  /** Tries until a message becomes a dead letter. */
  readonly tries: number;
  /** Time limit of one message in seconds. */
  readonly timeLimit: number;
  /** Whether `kintoun worker` works on it instead of a function. */
  readonly standalone: boolean;
}

/**
 * Mails that were kept instead of sent.
 * @example
 * const findLatest = (mails: CaughtMails): MailSummary | undefined => mails.list()[0];
 */
export interface CaughtMails {
  /** Lists them, newest first. */
  list(): readonly MailSummary[];
  get(id: string): Promise<CaughtMail | undefined>;
}

/**
 * A mail that was kept instead of sent, without its content.
 * @example
 * const describeMail = ({ subject, to }: MailSummary): string => `${subject} to ${to.join(", ")}`;
 */
export interface MailSummary {
  readonly id: string;
  /** When it was received, in ISO 8601. */
  readonly at: string;
  /** The envelope's sender. */
  readonly from: string;
  /** The envelope's recipients. */
  readonly to: readonly string[];
  readonly subject: string;
}

/**
 * A mail that was kept instead of sent.
 * @example
 * const hasHtml = ({ html }: CaughtMail): boolean => html !== undefined;
 */
export interface CaughtMail extends MailSummary {
  /** Decoded header fields: `from`, `to`, `cc` and `reply-to`, if the mail has them. */
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string | undefined;
  /** Not safe to show outside of a sandbox. */
  readonly html: string | undefined;
  /** The source. */
  readonly raw: string;
}
