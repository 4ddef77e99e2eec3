import type { ChangeEvent, JsonObject } from "@kintoun/kit";
import { Client, type errors } from "@opensearch-project/opensearch";
import { toMapping } from "./mapping.ts";

/** Searches and indexes records by a client of its own. Each collection has an index, named by its generation. */
export class Indexer {
  readonly #client: Client;

  constructor(node: string) {
    this.#client = new Client({ node });
  }

  async search(generation: string, body: JsonObject): Promise<unknown> {
    const index = toIndexName(generation);
    // The index of a new collection is created by a worker, shortly after the request.
    const answer = await this.#client.search({ index, body, ignore_unavailable: true });
    return answer.body;
  }

  /** Creates the index of a collection, unless it exists. */
  async createIndex(generation: string, { schema }: JsonObject): Promise<void> {
    const index = toIndexName(generation);
    const { body: exists } = await this.#client.indices.exists({ index });
    if (exists) return;
    const body = { mappings: toMapping(schema) };
    await this.#client.indices.create({ index, body }).catch(ignore("resource_already_exists_exception"));
  }

  /** Adds new fields of the collection's schema. OpenSearch refuses another type for a field that it has. */
  async updateMapping(generation: string, { schema }: JsonObject): Promise<void> {
    await this.#client.indices.putMapping({ index: toIndexName(generation), body: toMapping(schema) });
  }

  async deleteIndex(generation: string): Promise<void> {
    await this.#client.indices.delete({ index: toIndexName(generation), ignore_unavailable: true });
  }

  /** Events may arrive late or twice: OpenSearch refuses a version that is not newer. */
  async writeRecord({ parent_generation, record_id = "", timestamp, new: record }: ChangeEvent): Promise<void> {
    const at = { index: toIndexName(parent_generation), id: record_id, refresh: true } as const;
    const version = { version: timestamp, version_type: "external" } as const;
    if (record === undefined)
      await this.#client.delete({ ...at, ...version }).catch(ignore("version_conflict_engine_exception", "not_found"));
    else
      await this.#client.index({ ...at, ...version, body: record }).catch(ignore("version_conflict_engine_exception"));
  }

  close(): Promise<void> {
    return this.#client.close();
  }
}

const toIndexName = (generation: string): string => `records-${generation}`;

/** Handles the errors of these types, and throws all others. */
const ignore =
  (...types: readonly string[]) =>
  (error: errors.ResponseError): void => {
    const { result, error: cause } = (error.body ?? {}) as { result?: string; error?: { type?: string } };
    if (!types.includes(cause?.type ?? result ?? "")) throw error;
  };
