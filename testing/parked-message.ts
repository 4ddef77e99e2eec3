import { decodeBody } from "../core/events/message-body.ts";
import type { DeadLetter } from "../operations/dead-letters.ts";

/** A message that failed for good, and what is known of that. */
export interface DeadLetter {
  /** Of a listener `{ event, impacted_records: [{ new, old }] }`; its text where it is no JSON. */
  readonly message: unknown;
  /** The last error's name and message. */
  readonly error: string | undefined;
  /** How often it was tried. */
  readonly attempts: number;
}

export const toDeadLetter = ({ body, error, attempts }: DeadLetter): DeadLetter => ({
  message: read(body),
  error,
  attempts: Number(attempts ?? 0),
});

const read = (body: string): unknown => {
  try {
    return decodeBody(body);
  } catch {
    return body;
  }
};
