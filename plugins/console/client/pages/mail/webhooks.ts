/** A webhook of a collection. */
export interface Webhook {
  readonly id: string;
  readonly url: string;
  readonly on: readonly string[];
  readonly disabled: { readonly since: number | null } | null;
  readonly circuit: { readonly state: "closed" | "open" | "half-open"; readonly retry_at: number | null };
}

/** A delivery to a webhook. Times are in epoch ms. */
export interface Delivery {
  readonly id: string;
  readonly type: string;
  readonly uri: string | null;
  readonly state: "pending" | "delivered" | "failed";
  readonly created_at?: number;
  readonly tries: number;
  readonly attempts: readonly {
    readonly at: number;
    readonly status: number | null;
    readonly ms: number;
    readonly error: string | null;
  }[];
  readonly not_before?: number;
}

/** The path of a collection from its bucket and id: `undefined` if the text is not `blog/posts` or its URI. */
export const toCollectionPath = (text: string): string | undefined => {
  const [, bucket, collection] = /^\/?(?:buckets\/)?([\w-]+)\/(?:collections\/)?([\w-]+)\/?$/.exec(text.trim()) ?? [];
  return bucket === undefined || collection === undefined ? undefined : `/buckets/${bucket}/collections/${collection}`;
};

/** What the last attempt got. */
export const describeAttempt = ({ attempts }: Pick<Delivery, "attempts">): string => {
  const last = attempts.at(-1);
  if (last === undefined) return "not tried yet";
  return last.error ?? `status ${last.status ?? "unknown"}`;
};
