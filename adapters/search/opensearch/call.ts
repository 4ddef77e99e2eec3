import type { Client } from "@opensearch-project/opensearch";
import type { JsonObject } from "../../../lib/json.ts";

export interface CallOptions {
  readonly query?: Readonly<Record<string, string | number | boolean>>;
  readonly body?: JsonObject;
  /** Lines of a bulk request, in place of a body. */
  readonly lines?: readonly JsonObject[];
  /** Statuses that are answers and not errors. */
  readonly ignore?: readonly number[];
}

/** Calls OpenSearch's REST API; rejects with the client's own errors. `T` is the part of the answer that is read. */
export type Call = <T = unknown>(
  method: "GET" | "POST" | "PUT" | "DELETE",
  path: string,
  options?: CallOptions,
) => Promise<T>;

export const callThrough =
  (connect: () => Promise<Client>): Call =>
  async <T>(method: string, path: string, { query, body, lines, ignore }: CallOptions = {}) => {
    const client = await connect();
    const answer = await client.transport.request(
      {
        method,
        path,
        ...(query && { querystring: { ...query } }),
        ...(body && { body }),
        ...(lines && { bulkBody: [...lines] }),
      },
      ignore && { ignore: [...ignore] },
    );
    return answer.body as T;
  };
