import { createHash } from "node:crypto";
import type { IndexDefinition } from "../../../core/ports/search-engine.ts";
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
  /** See {@link hashSettings}. */
  readonly settings?: string | undefined;
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
  /** Keeps the settings by which the documents of a generation are made, unless there are some. */
  readonly writeSettings: (index: IndexedList) => Promise<void>;
}

const CHANGES_PER_PAGE = 200;
/** Further pages are compared after the next write. */
const MAX_PAGES = 5;

/** Moves the position of a generation as far as its index is complete. Returns the position. */
export const advancePosition = async (
  { store, readVersions, writePosition, writeSettings }: PositionContext,
  index: IndexedList,
): Promise<number> => {
  const { list, generation, group, timestamp } = index;
  const [stored] = await readVersions(generation, [group]);
  const before = stored?.position ?? 0;
  if (before === timestamp) return before;
  if (stored === undefined) await writeSettings(index);
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

/**
 * Identifies the settings by which documents are made. The first writer of a generation keeps it in a document of its own,
 * and a rebuild of the collection at its end. A search with other settings finds documents of former ones, and says so.
 */
export const hashSettings = ({
  language,
  nested,
  excluded,
}: Pick<IndexDefinition, "language" | "nested" | "excluded">): string =>
  createHash("sha256")
    .update(JSON.stringify([language, nested, excluded]))
    .digest("hex")
    .slice(0, 32);

/** `_id` of the document with the settings of a generation. */
export const toSettingsId = (generation: Generation): string => `${generation}.settings`;

/** A search for the positions of groups, and for the settings of their generations. */
export const toPositionsBody = (groups: readonly string[], generations: readonly Generation[]): JsonObject => ({
  size: groups.length + generations.length,
  query: {
    bool: {
      filter: [{ terms: { g: [...new Set([...groups, ...generations])] } }],
      should: [{ exists: { field: "position" } }, { exists: { field: "settings" } }],
      minimum_should_match: 1,
    },
  },
  sort: ["_doc"],
  _source: false,
  docvalue_fields: ["g", "position", "settings"],
});

export interface PositionsAnswer {
  readonly hits: {
    readonly hits: readonly {
      readonly fields: {
        readonly g: readonly [string];
        readonly position?: readonly [number];
        readonly settings?: readonly [string];
      };
    }[];
  };
}

/** The positions by group. */
export const readPositions = ({ hits }: PositionsAnswer): ReadonlyMap<string, number> =>
  new Map(hits.hits.flatMap(({ fields: { g, position } }) => (position === undefined ? [] : [[g[0], position[0]]])));

/** The settings by generation. */
export const readSettings = ({ hits }: PositionsAnswer): ReadonlyMap<Generation, string> =>
  new Map(hits.hits.flatMap(({ fields: { g, settings } }) => (settings === undefined ? [] : [[g[0], settings[0]]])));
