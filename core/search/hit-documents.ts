import type { JsonObject } from "../../lib/json.ts";
import { splitIntoBatches } from "../../lib/util/split-into-batches.ts";
import { Failure } from "../errors.ts";
import type { SearchHit } from "../ports/search-engine.ts";
import type { StoredObject } from "../ports/store.ts";
import { objectRef } from "../resources.ts";
import type { ReadBudget } from "../store/read-budget.ts";
import type { Session } from "../store/session.ts";
import { parseData } from "../store/view.ts";
import type { SearchTarget } from "./search-target.ts";

/** Where a document is: the position of its collection in the targets, and the id of its record. */
export type DocumentAddress = Pick<SearchHit, "index" | "id" | "revision">;

/** What a hit is shown by. */
export interface HitDocument {
  readonly target: SearchTarget;
  readonly record: JsonObject;
  /** What plugins make of the record. */
  readonly document: JsonObject;
}

export interface DocumentReading {
  readonly session: Session;
  readonly targets: readonly SearchTarget[];
  /** The list timestamp that the answer reflects, for each target. */
  readonly reflects: readonly number[];
  readonly budget: ReadBudget;
}

/** Records that are read from the store at a time. Each may have 400 KB. */
const RECORDS_PER_READ = { maxItems: 100, maxBytes: Number.POSITIVE_INFINITY };

/**
 * Reads the documents of hits from the store, strongly consistent, and calls `visit` with each, in order. Leaves out those
 * that the user may not read, and those whose record was deleted or changed since it matched: it may no longer do so.
 * @returns the number of those that were deleted or changed
 * @throws Failure REQUEST_TOO_LARGE when the budget is spent
 */
export const readDocuments = async <Address extends DocumentAddress>(
  reading: DocumentReading,
  addresses: readonly Address[],
  visit: (address: Address, document: HitDocument) => Promise<void> | void,
): Promise<number> => {
  const { session, targets, budget } = reading;
  let outdated = 0;
  for (const batch of splitIntoBatches(addresses, () => 0, RECORDS_PER_READ)) {
    if (budget.isSpent) throw tooMuchToRead(budget);
    const refs = batch.flatMap(({ index, id }) => (targets[index] ? [objectRef(targets[index].records, id)] : []));
    const { objects, bytes } = await session.readOnce([...new Map(refs.map((ref) => [ref.uri, ref])).values()]);
    budget.spend(bytes);
    const records = new Map(objects.map(([{ uri }, record]) => [uri, record]));
    for (const address of batch) {
      const found = await findDocument(reading, address, records);
      if (found === "outdated") outdated++;
      else if (found !== undefined) await visit(address, found);
    }
  }
  return outdated;
};

const findDocument = async (
  { session, targets, reflects }: DocumentReading,
  { index, id, revision: matched }: DocumentAddress,
  records: ReadonlyMap<string, StoredObject>,
): Promise<HitDocument | "outdated" | undefined> => {
  const target = targets[index];
  if (target === undefined) return undefined;
  const stored = records.get(objectRef(target.records, id).uri);
  const revision = matched ?? reflects[index] ?? 0;
  const isAhead = matched === undefined && stored !== undefined && isAheadOfList(stored, session.now, revision);
  if (stored === undefined || (stored.revision > revision && !isAhead)) return "outdated";
  if (target.shared !== undefined && !(await target.shared.isReadable(id, stored))) return undefined;
  const record = parseData(stored);
  const document = await target.index.document(record);
  return document === null ? undefined : { target, record, document };
};

/** Clocks of functions, and of a request's start and its end, differ by less. */
const MAX_CLOCK_DIFFERENCE_MS = 60_000;

/**
 * Whether a record has a revision from before its list was set back, which nothing written meanwhile can have. The index
 * has what it reflects of such a record.
 */
const isAheadOfList = ({ revision }: StoredObject, now: number, reflected: number): boolean =>
  revision > Math.max(now, reflected) + MAX_CLOCK_DIFFERENCE_MS;

const tooMuchToRead = ({ description }: ReadBudget): Failure =>
  new Failure("REQUEST_TOO_LARGE", {
    message: `The records of the hits have more than ${description}, which is all that a request may read. Ask for fewer hits by a smaller size.`,
  });
