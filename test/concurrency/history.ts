/** A record or tombstone as the API returns it. */
export interface RecordState {
  readonly id: string;
  /** ms */
  readonly last_modified: number;
  /** A unique value per write. Absent from tombstones. */
  readonly by?: string;
  readonly deleted?: true;
}

/** A request of a client. Times are ETags, in ms. */
export type Call =
  | { readonly kind: "create"; readonly id: string; readonly by: string }
  | {
      readonly kind: "put";
      readonly id: string;
      readonly by: string;
      readonly ifMatch?: number;
      readonly ifNoneMatch?: "*";
    }
  | { readonly kind: "delete"; readonly id: string; readonly ifMatch?: number }
  | { readonly kind: "get"; readonly id: string; readonly ifNoneMatch?: number }
  | { readonly kind: "list"; readonly since?: number; readonly ifNoneMatch?: number };

export interface CallResult {
  readonly status: number;
  readonly etag?: number;
  /** An object's `data`, or a 412's `details.existing`. */
  readonly object?: RecordState;
  readonly entries?: readonly RecordState[];
}

/** A call of a client. `invoked` and `answered` are unique values of one counter. */
export interface Operation {
  readonly client: string;
  readonly call: Call;
  readonly invoked: number;
  /** Absent when the outcome is unknown: the call may have taken effect at any later time, or never. */
  readonly answer?: CallResult & { readonly answered: number };
}

/** Returns what a successful operation wrote. */
export const written = ({ call, answer }: Operation): RecordState | undefined => {
  const wrote =
    (call.kind === "create" && answer?.status === 201) ||
    (call.kind === "put" && (answer?.status === 200 || answer?.status === 201)) ||
    (call.kind === "delete" && answer?.status === 200);
  return wrote ? answer?.object : undefined;
};

export const isWrite = (call: Call): boolean => call.kind === "create" || call.kind === "put" || call.kind === "delete";

/** Formats an operation for a message. */
export const formatOperation = ({ client, call, invoked, answer }: Operation): string => {
  const { kind, ...params } = call;
  const { answered, ...result } = answer ?? {};
  return `${invoked}..${answered ?? ""} ${client}: ${kind} ${JSON.stringify(params)} -> ${answer === undefined ? "unknown" : JSON.stringify(result)}`;
};
