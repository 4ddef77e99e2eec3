import { type Call, type Operation, type Shown, worded } from "./history.ts";

/** A change of the list, at the time it has there: of an operation, of whoever deleted an object, or of nobody knows whom. */
export interface Entry {
  readonly time: number;
  readonly operation?: Operation;
  /** The id of a tombstone that no answered deletion left. */
  readonly gone?: string;
}

export interface Timeline {
  /** In order; no time comes twice. */
  readonly entries: readonly Entry[];
  /** Why there is none. */
  readonly flaw?: string;
}

/** What an answered operation wrote, if it did. */
export const written = ({ call, answer }: Operation): Shown | undefined => {
  const wrote =
    (call.kind === "create" && answer?.status === 201) ||
    (call.kind === "put" && (answer?.status === 200 || answer?.status === 201)) ||
    (call.kind === "delete" && answer?.status === 200);
  return wrote ? answer?.object : undefined;
};

export const isWrite = (call: Call): boolean => call.kind === "create" || call.kind === "put" || call.kind === "delete";

/** Everything that somebody was shown. */
const shownIn = ({ answer }: Operation): readonly Shown[] => [...(answer?.object === undefined ? [] : [answer.object]), ...(answer?.entries ?? [])];

/**
 * The list's changes by their timestamps, as the answers of a history tell them. An operation without an answer is among them
 * when somebody saw what it wrote; a time that was seen without a change stands there for itself.
 */
export const timelineOf = (history: readonly Operation[], start: number): Timeline => {
  const entries = new Map<number, Entry>();
  const writers = new Map(history.flatMap((operation) => ("by" in operation.call ? [[operation.call.by, operation] as const] : [])));
  const times = new Map<Operation, number>();
  const flaws: string[] = [];

  const enter = (operation: Operation, time: number): void => {
    const [before, there] = [times.get(operation), entries.get(time)];
    if (before === time) return;
    if (before !== undefined) flaws.push(`took effect twice, at ${before} and ${time}: ${worded(operation)}`);
    else if (there !== undefined) flaws.push(`another change has the time of this one: ${worded(operation)}`);
    else if (time <= start) flaws.push(`is older than the list was at the beginning: ${worded(operation)}`);
    times.set(operation, time);
    entries.set(time, { time, operation });
  };

  for (const operation of history) {
    const object = written(operation);
    if (object !== undefined) enter(operation, object.last_modified);
  }
  for (const reader of history) {
    for (const { id, by, deleted, last_modified: time } of shownIn(reader)) {
      const writer = by === undefined ? undefined : writers.get(by);
      if (deleted === undefined) {
        if (writer === undefined || !("id" in writer.call) || writer.call.id !== id) flaws.push(`shows what nobody wrote, ${by} as ${id}: ${worded(reader)}`);
        else if (writer.answer !== undefined && written(writer) === undefined) flaws.push(`shows what was refused: ${worded(reader)}`);
        else enter(writer, time);
      } else {
        const there = entries.get(time);
        const call = there?.operation?.call;
        if (time <= start) flaws.push(`shows a tombstone that is older than the list was at the beginning: ${worded(reader)}`);
        else if (there === undefined) entries.set(time, { time, gone: id });
        else if (there.gone !== id && !(call?.kind === "delete" && call.id === id)) flaws.push(`shows a tombstone of another change's time: ${worded(reader)}`);
      }
    }
  }
  for (const { answer } of history) {
    const time = answer?.etag ?? start;
    if (time > start && !entries.has(time)) entries.set(time, { time });
  }
  const sorted = [...entries.values()].sort((a, b) => a.time - b.time);
  return flaws.length > 0 ? { entries: sorted, flaw: flaws[0] as string } : { entries: sorted };
};
