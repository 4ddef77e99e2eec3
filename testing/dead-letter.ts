import { decodeBody } from "../core/events/message-body.ts";
import type { DeadLetter as QueuedDeadLetter } from "../operations/dead-letters.ts";

/**
 * A message that failed permanently.
 * @example
 * const [letter] = await store.deadLetters("blog-index");
 * expect(letter).toMatchObject({ attempts: 5, error: "Error: no connection" });
 */
export interface DeadLetter {
  /** `{ event, impacted_records: [{ new, old }] }` for a listener; the text if it is not JSON. */
  readonly message: unknown;
  /** The last error's name and message. */
  readonly error: string | undefined;
  /** The number of attempts. */
  readonly attempts: number;
}

export const toDeadLetter = ({ body, error, attempts }: QueuedDeadLetter): DeadLetter => ({
  message: parseBody(body),
  error,
  attempts: Number(attempts ?? 0),
});

const parseBody = (body: string): unknown => {
  try {
    return decodeBody(body);
  } catch {
    return body;
  }
};
