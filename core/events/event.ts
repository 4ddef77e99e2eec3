import { isObject, type JsonObject } from "../../lib/json.ts";
import type { Generation, ResourceName } from "../resources.ts";
import { PermanentError } from "./delivery-errors.ts";
import { decodeBody, encodeBody } from "./message-body.ts";
import type { Provenance } from "./provenance.ts";

/** `purge`: the object was below something that was deleted, and its remains are now removed. */
export type ChangeAction = "create" | "update" | "delete" | "purge";

/** Which object is changed, and by which user. */
export interface ChangeSubject {
  readonly resource_name: ResourceName;
  readonly uri: string;
  /** Absent for objects that are in no bucket. */
  readonly bucket_id?: string;
  readonly collection_id?: string;
  readonly group_id?: string;
  readonly record_id?: string;
  /** Ids of a plugin's own resource and of its parents. */
  readonly [id: `${string}_id`]: string | undefined;
  /** The user that makes the change: a user id or `system.Everyone`. */
  readonly user_id: string;
}

/**
 * The committed change of one object. An event exists if and only if the change was committed.
 * @example
 * const isNew = (event: ChangeEvent): boolean => event.action === "create";
 */
export type ChangeEvent = ChangeSubject &
  Provenance & {
    /** Unique per event, and the same for each delivery. */
    readonly id: string;
    /**
     * The list's timestamp at the change, in ms; rises with each change. Equals the object's `last_modified` unless
     * the writer chose that value.
     */
    readonly timestamp: number;
    /** Generation of the parent: of the collection (for a record), or of the bucket (for a group or collection). */
    readonly parent_generation: Generation;
    /** The object's own generation, if it has children, as a bucket or collection. */
    readonly own_generation?: Generation;
    /** Id of the replay that the event is part of; absent for changes. */
    readonly replay?: string;
  } & (
    | { readonly action: "create"; readonly new: JsonObject; readonly old?: never }
    | { readonly action: "update"; readonly new: JsonObject; readonly old: JsonObject }
    | { readonly action: "delete" | "purge"; readonly new?: never; readonly old: JsonObject }
  );

/** Event ids that one log line contains. */
export const MAX_LOGGED_EVENTS = 20;

/** Encodes an event as a message body, a superset of Kinto's notification payload. */
export const encodeEvent = ({ new: after, old, ...event }: ChangeEvent): string =>
  encodeBody({
    event,
    impacted_records: [{ ...(after !== undefined && { new: after }), ...(old !== undefined && { old }) }],
  });

/** Decodes a body of {@link encodeEvent}. Throws a {@link PermanentError} for other messages. */
export const decodeEvent = (body: string): ChangeEvent => {
  const { event, impacted_records: impacted } = decodeContent(body);
  if (
    typeof event?.id !== "string" ||
    typeof event.action !== "string" ||
    !Array.isArray(impacted) ||
    impacted.length !== 1
  )
    throw new PermanentError(NOT_AN_EVENT);
  return { ...event, ...impacted[0] } as ChangeEvent;
};

const NOT_AN_EVENT = "The message is not a change event of Kintoun";

const decodeContent = (
  body: string,
): { event?: ChangeEvent; impacted_records?: [{ new?: JsonObject; old?: JsonObject }] } => {
  try {
    const content = decodeBody(body);
    return isObject(content) ? content : {};
  } catch (error) {
    throw new PermanentError(NOT_AN_EVENT, { cause: error });
  }
};
