import { type IndexWrite, WriteRefused } from "../../../core/ports/search-engine.ts";
import { leavesOf } from "../../../core/search/document.ts";
import type { JsonObject } from "../../../lib/json.ts";
import type { Call } from "./call.ts";
import { indexNamed } from "./template.ts";

/** Of one request; the smallest AWS domains take 10 MiB. */
const MOST_CHARACTERS = 2_000_000;
const MOST_WRITES = 500;
/** Something newer is there already. */
const VERSION_CONFLICT = 409;

interface BulkAnswer {
  readonly errors: boolean;
  readonly items: readonly {
    readonly index: { readonly status: number; readonly error?: { readonly type?: string; readonly reason?: string } };
  }[];
}

/** Sends the writes in as few requests as fit; rejects with {@link WriteRefused} when some were not taken. */
export const bulk = async (call: Call, writes: readonly IndexWrite[], now: number): Promise<void> => {
  const refused: WriteRefused["refused"][number][] = [];
  for (const batch of batches(writes, now)) {
    const answer = await call<BulkAnswer>("POST", "/_bulk", {
      lines: batch.flatMap(({ action, document }) => [action, document]),
    });
    if (!answer.errors) continue;
    for (const [index, { index: item }] of answer.items.entries()) {
      const write = batch[index]?.write;
      if (write === undefined || item.status < 300 || item.status === VERSION_CONFLICT) continue;
      refused.push({
        index: write.index,
        id: write.id,
        reason: `${item.status} ${item.error?.type ?? ""} ${item.error?.reason?.slice(0, 200) ?? ""}`.trim(),
      });
    }
  }
  if (refused.length > 0) throw new WriteRefused(refused);
};

interface Line {
  readonly write: IndexWrite;
  readonly action: JsonObject;
  readonly document: JsonObject;
}

function* batches(writes: readonly IndexWrite[], now: number): Generator<Line[]> {
  let batch: Line[] = [];
  let characters = 0;
  for (const write of writes) {
    const document = toStored(write, now);
    const size = JSON.stringify(document).length;
    if (batch.length > 0 && (batch.length === MOST_WRITES || characters + size > MOST_CHARACTERS)) {
      yield batch;
      batch = [];
      characters = 0;
    }
    characters += size;
    batch.push({
      write,
      document,
      action: {
        index: { _index: indexNamed(write.index), _id: write.id, version: write.version, version_type: "external" },
      },
    });
  }
  if (batch.length > 0) yield batch;
}

const toStored = ({ id, document }: IndexWrite, now: number): JsonObject => {
  if (document === null) return { id, gone: now };
  const { leaves, paths } = leavesOf(document);
  return {
    id,
    doc: JSON.stringify(document),
    paths: [...paths],
    leaf: leaves.map(({ path, texts, values }) => ({ p: path, t: [...texts], v: [...values] })),
  };
};
