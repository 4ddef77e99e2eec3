import { unpacked } from "../core/events/packed.ts";
import type { DeadMessage } from "../operations/dead-messages.ts";

/** A message that failed for good, and what is known of that. */
export interface ParkedMessage {
  /** Of a listener `{ event, impacted_records: [{ new, old }] }`; its text where it is no JSON. */
  readonly message: unknown;
  /** The last error's name and message. */
  readonly error: string | undefined;
  /** How often it was tried. */
  readonly attempts: number;
}

export const parkedMessage = ({ body, error, attempts }: DeadMessage): ParkedMessage => ({
  message: read(body),
  error,
  attempts: Number(attempts ?? 0),
});

const read = (body: string): unknown => {
  try {
    return unpacked(body);
  } catch {
    return body;
  }
};
