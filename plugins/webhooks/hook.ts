import { createHash } from "node:crypto";

/** A URL that wants to be told. */
export interface Hook {
  /** Where it is kept: the life of the collection whose metadata hold it, or {@link OPTIONS}. */
  readonly place: string;
  readonly id: string;
  readonly url: string;
}

/** The place of the operator's own hooks. No life is called so. */
export const OPTIONS = "options";

/** What a hook is sent. */
export interface Message {
  /** The same however often it is sent; no other message of the hook has it. It sorts by time. */
  readonly id: string;
  /** What happened, such as `record.create`. */
  readonly type: string;
  /** What it happened to; `null` for what happened to no object. */
  readonly uri: string | null;
  /** JSON. */
  readonly body: string;
}

/** The id of what a hook is told of something. @param of what it is told of, by a name of its own @param timestamp epoch ms */
export const messageId = ({ place, id }: Hook, of: string, timestamp: number): string => {
  const told = createHash("sha256")
    .update(JSON.stringify([place, id, of]))
    .digest("hex");
  return `${String(timestamp).padStart(15, "0")}-${told.slice(0, 24)}`;
};

export const isMessageId = (id: string): boolean => /^\d{15}-[0-9a-f]{24}$/.test(id);
