import { sendable } from "../../lib/util/sendable.ts";
import { deadOf, type Queue } from "../ports/queue.ts";
import { factsOf } from "./failure-facts.ts";
import type { Received } from "./handler.ts";
import { compressed, LARGEST_MESSAGE } from "./packed.ts";
import { sizeOfAttributes } from "./size.ts";

/** What stands beside a message that failed too often, the most telling first. */
export const FAILURE_FACTS = ["attempts", "failed_at", "error", "stack"] as const;
type ParkedFacts = Readonly<Partial<Record<(typeof FAILURE_FACTS)[number], string>>>;

/** Characters of an error, or of a stack, that are kept. */
const LONGEST = 8000;

/** Puts a message that failed too often beside its queue, with what went wrong. @returns whether it is there */
export const parkMessage = async (
  queue: Queue,
  name: string,
  { id, body, group }: Received,
  failure: { error: unknown; tries: number },
): Promise<boolean> => {
  const { error, stack } = factsOf(failure.error);
  const facts = {
    attempts: String(failure.tries),
    failed_at: new Date().toISOString(),
    error: told(error),
    ...(stack && { stack: told(stack) }),
  };
  const room = (text: string) => LARGEST_MESSAGE - Buffer.byteLength(text);
  const whole = room(body) < sizeOfAttributes(facts) ? compressed(body) : body;
  // Parked once, however often it is tried; another message about the same, once more.
  const series = group === undefined ? {} : { group, id };
  const refused = await queue.send([
    { to: deadOf(name), body: whole, attributes: fitting(facts, room(whole)), ...series },
  ]);
  return refused.length === 0;
};

/** As much of the facts as so many bytes hold. */
const fitting = (facts: ParkedFacts, room: number): Readonly<Record<string, string>> => {
  const kept: Record<string, string> = {};
  for (const name of FAILURE_FACTS) {
    const left = room - sizeOfAttributes(kept) - sizeOfAttributes({ [name]: "" });
    const value = Buffer.from(facts[name] ?? "")
      .subarray(0, Math.max(0, left))
      .toString("utf8")
      .replace(/\ufffd+$/, "");
    if (value !== "") kept[name] = value;
  }
  return kept;
};

const told = (text: string): string => sendable(text.slice(0, LONGEST)) || "?";
