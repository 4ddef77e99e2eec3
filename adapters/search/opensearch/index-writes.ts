import { type IndexDefinition, type IndexWrite, IndexWriteError } from "../../../core/ports/search-engine.ts";
import type { Generation } from "../../../core/resources.ts";
import type { JsonObject } from "../../../lib/json.ts";
import { toDocumentId, toGroup } from "./search-scope.ts";
import { toStoredFields } from "./stored-document.ts";

/** Maximum size of a request in UTF-16 units. The limit of the smallest AWS domains is 10 MiB. */
const MAX_REQUEST_UNITS = 2_000_000;
const MAX_REQUEST_WRITES = 500;
/** The index already has the same or a newer version; for replays a newer one. */
const VERSION_CONFLICT = 409;

export interface BulkResponse {
  readonly errors: boolean;
  readonly items: readonly {
    readonly index: { readonly status: number; readonly error?: { readonly type?: string; readonly reason?: string } };
  }[];
}

/** A write and how the record is indexed. */
export interface DefinedWrite extends IndexWrite {
  readonly definition: Pick<IndexDefinition, "language" | "nested" | "excluded">;
}

export interface BulkOptions {
  /** Where the documents of a generation are. */
  readonly toPlace: (generation: Generation) => JsonObject;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Sends the lines of a bulk request. */
  readonly send: (lines: readonly JsonObject[]) => Promise<BulkResponse>;
}

/** Sends writes in as few requests as possible. Rejects with an {@link IndexWriteError} if some failed. */
export const writeInBulk = async (writes: readonly DefinedWrite[], options: BulkOptions): Promise<void> => {
  const rejected: IndexWriteError["rejected"][number][] = [];
  for (const batch of splitWrites(writes, options)) {
    const response = await options.send(batch.flatMap(({ action, document }) => [action, document]));
    if (!response.errors) continue;
    for (const [index, { index: item }] of response.items.entries()) {
      const write = batch[index]?.write;
      if (write === undefined || item.status < 300 || item.status === VERSION_CONFLICT) continue;
      rejected.push({
        index: write.index,
        id: write.id,
        reason: `${item.status} ${item.error?.type ?? ""} ${item.error?.reason?.slice(0, 200) ?? ""}`.trim(),
      });
    }
  }
  if (rejected.length > 0) throw new IndexWriteError(rejected);
};

interface BulkItem {
  readonly write: IndexWrite;
  readonly action: JsonObject;
  readonly document: JsonObject;
}

function* splitWrites(writes: readonly DefinedWrite[], { toPlace, now }: BulkOptions): Generator<BulkItem[]> {
  let batch: BulkItem[] = [];
  let units = 0;
  for (const write of writes) {
    const document = toStoredDocument(write, now);
    const size = JSON.stringify(document).length;
    if (batch.length > 0 && (batch.length === MAX_REQUEST_WRITES || units + size > MAX_REQUEST_UNITS)) {
      yield batch;
      batch = [];
      units = 0;
    }
    units += size;
    batch.push({
      write,
      document,
      action: {
        index: {
          ...toPlace(write.index),
          _id: toDocumentId(toGroup(write.index, write.variant), write.id),
          version: write.version,
          version_type: write.replay ? "external_gte" : "external",
        },
      },
    });
  }
  if (batch.length > 0) yield batch;
}

const toStoredDocument = (write: DefinedWrite, now: number): JsonObject => ({
  g: toGroup(write.index, write.variant),
  r: write.version,
  ...(write.document === null ? { gone: now } : { id: write.id, ...toStoredFields(write.document, write.definition) }),
});
