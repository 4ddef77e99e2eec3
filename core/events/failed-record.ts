import { isObject } from "../../lib/json.ts";
import { factsOf } from "./failure-facts.ts";
import { packed, unpacked } from "./packed.ts";

/** A record of the table's stream that could not be handed on, with all that is needed to hand it on later. */
export interface FailedRecord {
  readonly error: string;
  readonly stack?: string;
  /** As Lambda hands it over. */
  readonly record: object;
}

/** The message that keeps it. */
export const toFailedMessage = (record: object, error: unknown): string =>
  packed({ ...factsOf(error), record } satisfies FailedRecord);

/** Reads what {@link toFailedMessage} wrote; `undefined` for what is something else, as what Lambda itself notes of a batch. */
export const fromFailedMessage = (body: string): FailedRecord | undefined => {
  const message = unpacked(body);
  return isObject(message) && isObject(message.record) && typeof message.error === "string"
    ? (message as unknown as FailedRecord)
    : undefined;
};
