import type { AsyncLocalStorage } from "node:async_hooks";
import { isObject } from "../../lib/json.ts";
import type { ChangeAction } from "../events/event.ts";

/**
 * A request that was answered. Never has a query, a header or a body.
 * @example
 * const isSlow = ({ ms }: RequestActivity): boolean => ms > 1000;
 */
export interface RequestActivity {
  readonly activity: "request";
  readonly request_id: string;
  readonly method: string;
  /** The pattern of the endpoint, such as `/buckets/:id`; absent for paths without an endpoint. */
  readonly route?: string | undefined;
  /**
   * Without the version prefix. That of a plugin's endpoint is the pattern, since its parameters may be secrets; without
   * an endpoint, only the first part.
   */
  readonly path: string;
  readonly status: number;
  readonly ms: number;
  /** Absent for anonymous requests. */
  readonly user?: string | undefined;
  /** Calls to the table. */
  readonly calls: number;
  readonly read_units: number;
  readonly write_units: number;
  /** Size of the response body. */
  readonly bytes: number;
}

/**
 * A change that `dispatch` has read from the table's stream.
 * @example
 * const isReceived = ({ listeners }: EventActivity): boolean => listeners.length > 0;
 */
export interface EventActivity {
  readonly activity: "event";
  readonly event_id: string;
  readonly request_id?: string | undefined;
  readonly action: ChangeAction;
  readonly resource: string;
  readonly uri: string;
  readonly user: string;
  /** The listeners that receive it. */
  readonly listeners: readonly string[];
}

/**
 * One attempt of a listener or inbound part.
 * @example
 * const isDeadLetter = ({ outcome }: AttemptActivity): boolean => outcome === "dead";
 */
export interface AttemptActivity {
  readonly activity: "attempt";
  readonly listener: string;
  /** Absent for a message that could not be read. */
  readonly event_id?: string | undefined;
  /** Number of the attempt, from 1. */
  readonly attempt: number;
  readonly ms: number;
  readonly outcome: AttemptOutcome;
  /** Name and message of the error. */
  readonly error?: string | undefined;
  readonly retry_in_seconds?: number | undefined;
}

/** `dead`: the message moved to the dead-letter queue. */
export type AttemptOutcome = "delivered" | "failed" | "postponed" | "dead";

/** What a store does, as one structured log line each. */
export type Activity = RequestActivity | EventActivity | AttemptActivity;
export type ActivityKind = Activity["activity"];

/**
 * An entry of the log.
 * @example
 * const toDate = ({ time }: Logged<EventActivity>): Date => new Date(time);
 */
export type Logged<Entry> = Entry & {
  /** Epoch ms. */
  readonly time: number;
};

/** Reads the activity of the store's functions. */
export interface ActivityReader {
  /** Returns the newest entries of a kind within a time range, newest first. */
  read<Kind extends ActivityKind>(
    kind: Kind,
    range: ActivityRange,
  ): Promise<ActivityPage<Extract<Activity, { activity: Kind }>>>;
}

export interface ActivityRange {
  /** Epoch ms, inclusive. */
  readonly since: number;
  /** Epoch ms, inclusive. */
  readonly until: number;
  /** Maximum number of entries. */
  readonly limit: number;
}

export interface ActivityPage<Entry> {
  readonly entries: readonly Logged<Entry>[];
  /** Whether there are no others within the range. */
  readonly isComplete: boolean;
}

/** What a request has used so far. */
export interface RequestUse {
  user: string | null;
  calls: number;
  readUnits: number;
  writeUnits: number;
}

/** Records activity, if a plugin reads it. */
export interface ActivityRecorder {
  readonly record: (entry: Activity) => void;
  /** The use of the running request. */
  readonly uses: AsyncLocalStorage<RequestUse>;
}

/** The types of the fields of each kind; optional ones end with `?`. */
const FIELDS: Readonly<Record<ActivityKind, Readonly<Record<string, string>>>> = {
  request: {
    request_id: "string",
    method: "string",
    route: "string?",
    path: "string",
    status: "number",
    ms: "number",
    user: "string?",
    calls: "number",
    read_units: "number",
    write_units: "number",
    bytes: "number",
  } satisfies Record<Exclude<keyof RequestActivity, "activity">, string>,
  event: {
    event_id: "string",
    request_id: "string?",
    action: "string",
    resource: "string",
    uri: "string",
    user: "string",
    listeners: "object",
  } satisfies Record<Exclude<keyof EventActivity, "activity">, string>,
  attempt: {
    listener: "string",
    event_id: "string?",
    attempt: "number",
    ms: "number",
    outcome: "string",
    error: "string?",
    retry_in_seconds: "number?",
  } satisfies Record<Exclude<keyof AttemptActivity, "activity">, string>,
};

/** Reads the fields of a log line; `undefined` if it is no activity. Other fields of the line are left out. */
export const parseActivity = (line: unknown): Activity | undefined => {
  if (!isObject(line)) return undefined;
  const fields: Readonly<Record<string, unknown>> = line;
  const { activity: kind } = fields;
  if (typeof kind !== "string" || !Object.hasOwn(FIELDS, kind)) return undefined;
  const types = Object.entries(FIELDS[kind as ActivityKind]);
  const isValid = types.every(
    ([name, type]) => typeof fields[name] === type.replace("?", "") || (type.endsWith("?") && fields[name] == null),
  );
  if (!isValid || (kind === "event" && !Array.isArray(fields.listeners))) return undefined;
  const known = types.filter(([name]) => fields[name] != null).map(([name]) => [name, fields[name]]);
  return { activity: kind, ...Object.fromEntries(known) } as Activity;
};
