import type { Data } from "@kintoun/kit";

/** How often all is looked through again, for what was shared meanwhile. */
const MAX_ROUNDS = 3;

/** What was done so far. */
export interface Deletion {
  /** Objects that only the principal could write. What was in them is deleted too, and not counted. */
  readonly deleted: number;
  /** Objects that do not name the principal any more. */
  readonly removed: number;
}

/**
 * Deletes what only a principal may write, and removes it from all other objects. Each step can be repeated, so it may be
 * stopped and started again.
 * @param onStep called after each object that was changed
 */
export const deleteUserData = async (
  data: Pick<Data, "findNamed" | "removePrincipal">,
  principal: string,
  start: Deletion,
  onStep: (deletion: Deletion) => Promise<void>,
): Promise<Deletion> => {
  let { deleted, removed } = start;
  const ended = new Set<string>();
  for (let round = 0; round < MAX_ROUNDS; round++) {
    let changed = 0;
    for (const isTurn of TURNS)
      for await (const uri of data.findNamed(principal)) {
        const path = uri.split("/");
        if (!isTurn(path.length) || hasEnded(ended, path)) continue;
        const removal = await data.removePrincipal(uri, principal, { deletesOwned: true });
        if (removal === "unchanged") continue;
        changed += 1;
        if (removal === "deleted") {
          deleted += 1;
          if (path.length <= COLLECTION_PARTS && ended.size < MAX_ENDED) ended.add(uri);
        } else removed += 1;
        await onStep({ deleted, removed });
      }
    if (changed === 0) break;
  }
  return { deleted, removed };
};

/** Parts of `/buckets/b` and `/buckets/b/collections/c` between slashes, with the empty one before the first. */
const BUCKET_PARTS = 3;
const COLLECTION_PARTS = 5;
/** Deleted buckets and collections that are remembered, to pass over what was in them. */
const MAX_ENDED = 10_000;

/** Buckets come first, then what is directly in them, since all that is in a deleted object needs no step of its own. */
const TURNS: readonly ((parts: number) => boolean)[] = [
  (parts) => parts <= BUCKET_PARTS,
  (parts) => parts > BUCKET_PARTS && parts <= COLLECTION_PARTS,
  (parts) => parts > COLLECTION_PARTS,
];

const hasEnded = (ended: ReadonlySet<string>, path: readonly string[]): boolean =>
  [BUCKET_PARTS, COLLECTION_PARTS].some((parts) => parts < path.length && ended.has(path.slice(0, parts).join("/")));
