import { beforeAll, beforeEach } from "@jest/globals";
import { useOpenSearch } from "../start-opensearch.ts";

/** OpenSearch for the tests of a file. */
interface EmptiedOpenSearch {
  /** Known when the tests run. */
  readonly endpoint: string;
  /** Deletes the indexes of the store. */
  empty(): Promise<void>;
  /** Lets searches find what was written. */
  refresh(): Promise<Response>;
}

/** Starts OpenSearch before the tests of a file, and deletes the indexes of the store before each. */
export const useEmptiedOpenSearch = (): EmptiedOpenSearch => {
  let endpoint = "";
  const empty = async () => {
    await fetch(`${endpoint}/kintoun-*`, { method: "DELETE" });
  };
  beforeAll(async () => {
    ({ endpoint } = await useOpenSearch());
  }, 180_000);
  beforeEach(empty);
  return {
    get endpoint() {
      return endpoint;
    },
    empty,
    refresh: () => fetch(`${endpoint}/_refresh`, { method: "POST" }),
  };
};
