import { Client, type ClientOptions } from "@opensearch-project/opensearch";
import type { JsonObject } from "../../../lib/json.ts";
import { once } from "../../../lib/util/once.ts";

/** Maximum time of one attempt. A request may take 25 s, so there is time for a second one, and not for a third. */
const REQUEST_TIMEOUT_MS = 10_000;
const MAX_RETRIES = 1;

interface CallOptions {
  readonly query?: Readonly<Record<string, string | number | boolean>>;
  readonly body?: JsonObject;
  /** Lines of a bulk request, instead of a body. */
  readonly lines?: readonly JsonObject[];
  /** Error statuses that are accepted. */
  readonly ignore?: readonly number[];
}

/** Calls OpenSearch's REST API. Rejects with the client's errors. `T` is the part of the response that is used. */
type Call = <T = unknown>(method: "GET" | "POST" | "PUT" | "DELETE", path: string, options?: CallOptions) => Promise<T>;

/** A cluster and how it is called. */
export interface Cluster {
  readonly call: Call;
  /** Whether it is OpenSearch Serverless, which has fewer operations. */
  readonly isServerless: boolean;
  close(): Promise<void>;
}

export interface ClusterOptions {
  readonly connect: () => Promise<ClientOptions>;
  readonly isServerless: boolean;
}

/** Opens a cluster, which is connected to when it is first used. After a failure the next call connects again. */
export const openCluster = ({ connect, isServerless }: ClusterOptions): Cluster => {
  let closed = false;
  let opened: Promise<Client> | undefined;
  const open = once(
    async () => new Client({ requestTimeout: REQUEST_TIMEOUT_MS, maxRetries: MAX_RETRIES, ...(await connect()) }),
  );
  return {
    isServerless,
    call: async <T>(method: string, path: string, { query, body, lines, ignore }: CallOptions = {}) => {
      if (closed) throw new Error("The search engine is closed.");
      opened = open();
      const client = await opened;
      const response = await client.transport.request(
        {
          method,
          path,
          ...(query && { querystring: { ...query } }),
          ...(body && { body }),
          ...(lines && { bulkBody: [...lines] }),
        },
        ignore && { ignore: [...ignore] },
      );
      return response.body as T;
    },
    close: async () => {
      closed = true;
      const client = await opened?.catch(() => undefined);
      await client?.close();
    },
  };
};
