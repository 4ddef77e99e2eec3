import type { Store } from "../../../core/ports/store.ts";
import type { Generation, ListRef } from "../../../core/resources.ts";
import type { JsonObject } from "../../../lib/json.ts";
import { toDocumentId } from "./search-scope.ts";

/**
 * The position of a generation is the list timestamp up to which its index is complete. It is in one document per
 * generation, which is on the same shard as the records: a search that sees a position sees all that it stands for.
 *
 * Events come late, twice and in any order, so an event does not show what is missing before it. Therefore each writer
 * compares the index afterwards with the changes of the list since the position, and moves the position to the first one
 * that the index lacks. Of several writers at the same time, the last one sees the writes of all.
 */
export interface IndexedList {
  readonly list: ListRef;
  readonly generation: Generation;
  /** What the documents have as `g`: those of all users and those of administrators have positions of their own. */
  readonly group: string;
  /** The list timestamp, read before. */
  readonly timestamp: number;
}

/** What the index has of a document. */
export interface StoredVersion {
  readonly version: number;
  readonly position: number | undefined;
}

export interface PositionContext {
  readonly store: Pick<Store, "readChanges">;
  /** Reads what the index has of documents of a generation, also before they can be searched. */
  readonly readVersions: (
    generation: Generation,
    documentIds: readonly string[],
  ) => Promise<readonly (StoredVersion | undefined)[]>;
  /** Writes a position, unless the index has one with a greater version. */
  readonly writePosition: (index: IndexedList, position: number, version: number) => Promise<void>;
}

const CHANGES_PER_PAGE = 200;
/** Further pages are compared after the next write. */
const MAX_PAGES = 5;

/** Moves the position of a generation as far as its index is complete. Returns the position. */
export const advancePosition = async (
  { store, readVersions, writePosition }: PositionContext,
  index: IndexedList,
): Promise<number> => {
  const { list, generation, group, timestamp } = index;
  const [stored] = await readVersions(generation, [group]);
  const before = stored?.position ?? 0;
  if (before === timestamp) return before;
  // An operator has set the list back: its changes are compared from the start.
  let position = before > timestamp ? 0 : before;
  let after: { revision: number; id?: string } | undefined = { revision: position };
  for (let page = 0; page < MAX_PAGES && after !== undefined; page++) {
    const { changes, next } = await store.readChanges(list, {
      parentGeneration: generation,
      after,
      limit: CHANGES_PER_PAGE,
    });
    const versions =
      changes.length === 0
        ? []
        : await readVersions(
            generation,
            changes.map(({ id }) => toDocumentId(group, id)),
          );
    const missing = changes.find(({ revision }, n) => (versions[n]?.version ?? 0) < revision);
    // Objects of one transaction can have the same revision.
    position = Math.max(position, (missing?.revision ?? next?.revision ?? timestamp + 1) - 1);
    after = missing === undefined ? next : undefined;
  }
  position = Math.min(position, timestamp);
  if (position !== before) await writePosition(index, position, Math.max(position, stored?.version ?? 0));
  return position;
};

/** A search for the positions of groups. */
export const toPositionsBody = (groups: readonly string[]): JsonObject => ({
  size: groups.length,
  query: { bool: { filter: [{ exists: { field: "position" } }, { terms: { g: [...groups] } }] } },
  sort: ["_doc"],
  _source: false,
  docvalue_fields: ["g", "position"],
});

export interface PositionsAnswer {
  readonly hits: {
    readonly hits: readonly {
      readonly fields: { readonly g: readonly [string]; readonly position: readonly [number] };
    }[];
  };
}

/** The positions by group. */
export const readPositions = ({ hits }: PositionsAnswer): ReadonlyMap<string, number> =>
  new Map(hits.hits.map(({ fields }) => [fields.g[0], fields.position[0]]));
