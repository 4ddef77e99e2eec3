import type { Received } from "./handler.ts";
import { deadOf, type Queue } from "./queue.ts";

/** Characters of a stack that are kept. */
const LONGEST = 8000;

/** What stands beside a message that failed too often. */
export const FAILURE_FACTS = ["error", "stack", "attempts", "failed_at"] as const;
export type FailureFacts = Readonly<Partial<Record<(typeof FAILURE_FACTS)[number], string>>>;

/** Puts a message that failed too often beside its queue, with what went wrong. @returns whether it is there */
export const parkMessage = async (
  queue: Queue,
  name: string,
  { body, attempt, group }: Received & { group?: string | undefined },
  error: unknown,
): Promise<boolean> => {
  const attributes = { ...factsOf(error), attempts: String(attempt), failed_at: new Date().toISOString() };
  const refused = await queue.send([{ to: deadOf(name), body, attributes, ...(group !== undefined && { group, id: `${group}#${Date.now()}` }) }]);
  return refused.length === 0;
};

const factsOf = (error: unknown): FailureFacts => {
  if (!(error instanceof Error)) return { error: told(String(error)) };
  return { error: told(`${error.name}: ${error.message}`), ...(error.stack !== undefined && { stack: told(error.stack) }) };
};

/** As SQS takes it: no control characters, and something. */
const told = (text: string): string => text.slice(0, LONGEST).replace(/[^\t\n\r\x20-\ud7ff\ue000-\ufffd]/g, "?") || "?";
