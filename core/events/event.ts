import { isObject, type JsonObject } from "../../lib/json.ts";
import type { Incarnation, ResourceName } from "../resources.ts";
import { Refused } from "./for-good.ts";
import { packed, unpacked } from "./packed.ts";
import type { Provenance } from "./provenance.ts";

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
export type ChangeEvent = Happening &
  Provenance & {
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

/** The message that carries an event to its listeners: a superset of Kinto's notification payload. */
export const toMessage = ({ new: after, old, ...event }: ChangeEvent): string =>
  packed({
    event,
    impacted_records: [{ ...(after !== undefined && { new: after }), ...(old !== undefined && { old }) }],
  });

/** Reads what {@link toMessage} wrote; throws a {@link Refused} when it is something else. */
export const fromMessage = (body: string): ChangeEvent => {
  const { event, impacted_records: impacted } = contentOf(body);
  if (
    typeof event?.id !== "string" ||
    typeof event.action !== "string" ||
    !Array.isArray(impacted) ||
    impacted.length !== 1
  )
    throw new Refused(NO_EVENT);
  return { ...event, ...impacted[0] } as ChangeEvent;
};

const NO_EVENT = "The message is not a change event of Kintoun";

const contentOf = (
  body: string,
): { event?: ChangeEvent; impacted_records?: [{ new?: JsonObject; old?: JsonObject }] } => {
  try {
    const content = unpacked(body);
    return isObject(content) ? content : {};
  } catch (error) {
    throw new Refused(NO_EVENT, { cause: error });
  }
};
