import type { StoredObject } from "../ports/store.ts";
import type { FoundVersion, VersionKey } from "../ports/versions.ts";
import { type Generation, type ListRef, objectRef } from "../resources.ts";
import { notKept, OBJECTS_PER_READ, type Past, requireBudget, toStored } from "./past.ts";

/**
 * Reads objects as they were, by id; those that have changed since. Leaves out those that did not exist. Some are
 * tombstones.
 */
export const readPastObjects = async (
  past: Past,
  list: ListRef,
  parentGeneration: Generation,
  ids: readonly string[],
): Promise<ReadonlyMap<string, StoredObject>> => {
  const { versions, bucket, at, budget } = past;
  const found = new Map<string, StoredObject>();
  for (let i = 0; i < ids.length; i += OBJECTS_PER_READ) {
    requireBudget(budget);
    const part = ids.slice(i, i + OBJECTS_PER_READ);
    const replacements = await Promise.all(
      part.map(async (id) => {
        const next = await versions.find(bucket, { list: list.uri, id, parentGeneration }, { since: at, limit: 1 });
        budget.spend(next.bytes);
        return { id, next: next.found[0] };
      }),
    );
    const wanted: { id: string; next: FoundVersion }[] = [];
    for (const { id, next } of replacements) {
      if (next === undefined || next.replaced.revision > at) throw await notKept(past, objectRef(list, id));
      if (next.replaced.revision > 0) wanted.push({ id, next });
    }
    const read = await versions.get(
      bucket,
      wanted.flatMap(({ next }) => [replacedKey(next), next]),
    );
    budget.spend(read.bytes);
    const byKey = new Map(read.versions.map((version) => [nameOf(version), version]));
    for (const { id, next } of wanted) {
      const was = byKey.get(nameOf(replacedKey(next)));
      const after = byKey.get(nameOf(next));
      if (was !== undefined) found.set(id, toStored(was));
      else if (next.replaced.existed && after?.action === "delete")
        found.set(id, { ...toStored({ ...after, action: "update" }), revision: next.replaced.revision });
      else if (next.replaced.existed) throw await notKept(past, objectRef(list, id));
    }
  }
  return found;
};

const replacedKey = ({ uri, replaced }: FoundVersion): VersionKey => ({ uri, revision: replaced.revision });
const nameOf = ({ uri, revision }: VersionKey): string => `${revision} ${uri}`;
