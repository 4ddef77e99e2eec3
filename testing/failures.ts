import { isObject } from "../lib/json.ts";

/** Failures that an error message shows, the latest ones. */
const MAX_SHOWN_FAILURES = 5;

/** Lists the failures in a log, each as one line of text. Lines without an error only add to those with one. */
export const readFailures = (logLines: readonly string[]): readonly string[] =>
  logLines.flatMap((line) => {
    // Most lines are no errors, and need not be parsed.
    if (!line.includes('"ERROR"')) return [];
    const entry: unknown = JSON.parse(line);
    return isObject(entry) && entry.level === "ERROR" && isObject(entry.error)
      ? [formatFailure(entry, entry.error)]
      : [];
  });

const formatFailure = (
  { message, listener, plugin, action, event_id, attempt }: Record<string, unknown>,
  error: Record<string, unknown>,
) => {
  const part = listener ?? (action === undefined ? plugin : `${plugin} ${action}`);
  const details = [event_id, attempt !== undefined && `attempt ${attempt}`].filter((one) => typeof one === "string");
  return [
    ...(part === undefined ? [] : [part]),
    `${message}${details.length === 0 ? "" : ` (${details.join(", ")})`}`,
    `${error.name}: ${error.message}`,
  ].join(": ");
};

const stores = new Set<() => readonly string[]>();

/** Lets the messages of this process's webhook sinks show a store's failures. @returns what ends that */
export const shareFailures = (listFailures: () => readonly string[]): (() => void) => {
  stores.add(listFailures);
  return () => void stores.delete(listFailures);
};

/** Describes the failures of the running stores, as the end of an error message. Empty if there are none. */
export const describeFailures = (): string => {
  const failures = [...stores].flatMap((listFailures) => listFailures());
  if (failures.length === 0) return "";
  const listed = failures.slice(-MAX_SHOWN_FAILURES);
  const heading =
    failures.length === listed.length ? "Failures" : `The last ${listed.length} of ${failures.length} failures`;
  return `\n${heading} in the store (see store.logLines and store.deadLetters):\n${listed.map((failure) => `  ${failure}`).join("\n")}`;
};
