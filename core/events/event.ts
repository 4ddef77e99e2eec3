import { gunzipSync, gzipSync } from "node:zlib";
import type { JsonObject } from "../json.ts";
import type { Incarnation, ResourceName } from "../resources.ts";

/** `purge`: the object was below something that was deleted, and its remains are now removed. */
export type Action = "create" | "update" | "delete" | "purge";

/** Which object something happens to, and by whom. */
export interface Happening {
  readonly resource_name: ResourceName;
  readonly uri: string;
  /** Absent for what stands in no bucket. */
  readonly bucket_id?: string;
  readonly collection_id?: string;
  readonly group_id?: string;
  readonly record_id?: string;
  /** Of what a plugin brings, and what it stands in. */
  readonly [id: `${string}_id`]: string | undefined;
  /** Who changes it: a user id or `system.Everyone`. */
  readonly user_id: string;
}

/** What happened to one object. An event exists if and only if the change was committed. */
export type ChangeEvent = Happening & {
  /** The same however often it is delivered; unlike any other event's. */
  readonly id: string;
  /** The list's timestamp at the change, in ms: rises with each. It is the object's last_modified, unless that was given by the writer. */
  readonly timestamp: number;
  /** The life that it belongs to: that of the collection (of a record), or bucket (of a group or collection), it stands in. */
  readonly life: Incarnation;
  /** Its own life, where others stand in it, as in a bucket or collection. */
  readonly own_life?: Incarnation;
} & (
    | { readonly action: "create"; readonly new: JsonObject; readonly old?: never }
    | { readonly action: "update"; readonly new: JsonObject; readonly old: JsonObject }
    | { readonly action: "delete" | "purge"; readonly new?: never; readonly old: JsonObject }
  );

/** Bytes of a message, and of a batch of them, that SQS takes. */
export const LARGEST_MESSAGE = 1024 * 1024;
const COMPRESSED = "gzip:";

/**
 * The message that carries an event to its listeners: a superset of Kinto's notification payload, as JSON; as `gzip:` and base64
 * where that would be too large. What not every queue takes is escaped: U+FFFE and U+FFFF (SQS), and surrogates (others).
 */
export const toMessage = ({ new: after, old, ...event }: ChangeEvent): string => {
  const payload = { event, impacted_records: [{ ...(after !== undefined && { new: after }), ...(old !== undefined && { old }) }] };
  const json = JSON.stringify(payload).replace(/[\ud800-\udfff\ufffe\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16)}`);
  return Buffer.byteLength(json) <= LARGEST_MESSAGE ? json : COMPRESSED + gzipSync(json).toString("base64");
};

/** Reads what {@link toMessage} wrote; throws when it is something else. */
export const fromMessage = (body: string): ChangeEvent => {
  const json = body.startsWith(COMPRESSED) ? gunzipSync(Buffer.from(body.slice(COMPRESSED.length), "base64")).toString("utf8") : body;
  const { event, impacted_records: impacted } = JSON.parse(json) as { event?: ChangeEvent; impacted_records?: [{ new?: JsonObject; old?: JsonObject }] };
  if (typeof event?.id !== "string" || typeof event.action !== "string" || !Array.isArray(impacted) || impacted.length !== 1) {
    throw new TypeError("The message is not a change event of Kintoun");
  }
  return { ...event, ...impacted[0] } as ChangeEvent;
};
