/** A record of a list as the API shows it; what is deleted is shown as a tombstone. */
export interface Shown {
  readonly id: string;
  /** ms */
  readonly last_modified: number;
  /** Which write it is; no two write the same. Absent from tombstones. */
  readonly by?: string;
  readonly deleted?: true;
}

/** What a client asks of a list of records. Times are ETags, in ms. */
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

export interface Told {
  readonly status: number;
  readonly etag?: number;
  /** An object's `data`, or a 412's `details.existing`. */
  readonly object?: Shown;
  readonly entries?: readonly Shown[];
}

/** One call of one client. `invoked` and `answered` are moments of one clock that no two moments share. */
export interface Operation {
  readonly client: string;
  readonly call: Call;
  readonly invoked: number;
  /** Absent when nobody knows what came of the call: it may have been carried out at any time since, or may yet be, or never. */
  readonly answer?: Told & { readonly answered: number };
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

/** An operation as a line for people. */
export const worded = ({ client, call, invoked, answer }: Operation): string => {
  const { kind, ...asked } = call;
  const { answered, ...told } = answer ?? {};
  return `${invoked}..${answered ?? ""} ${client}: ${kind} ${JSON.stringify(asked)} -> ${answer === undefined ? "unknown" : JSON.stringify(told)}`;
};
