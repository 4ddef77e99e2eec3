import type { Filter } from "../lists/filter.ts";
import type { ListQuery } from "../lists/list-query.ts";
import type { Version, VersionedBucket, VersionKey, Versions } from "../ports/versions.ts";
import type { Resources } from "../resources.ts";
import type { ReadBudget } from "../store/read-budget.ts";

/** The versions of a bucket that may match a query. */
export interface VersionWalk {
  /** Whether the order of versions is that of the query. */
  readonly isSorted: boolean;
  /** Reads until the end, or until the budget is spent: then the last page has `next`. */
  readonly pages: (
    after?: VersionKey,
  ) => AsyncGenerator<{ readonly versions: readonly Version[]; readonly next?: VersionKey }, void, undefined>;
}

/** Each may have 400 KB, compressed. */
const VERSIONS_PER_READ = 200;
const VERSIONS_PER_OBJECT_READ = 50;

interface WalkQuery extends Pick<ListQuery, "since" | "before" | "sorts"> {
  readonly filters: readonly Filter[];
  readonly budget: ReadBudget;
}

/** Creates a walk through the versions of a bucket, or only those of the object that a filter on `uri` names. */
export const createVersionWalk = (
  resources: Resources,
  versions: Versions,
  bucket: VersionedBucket,
  query: WalkQuery,
): VersionWalk => {
  const [sort, ...others] = query.sorts;
  const isSorted = sort === undefined || (sort.field === "last_modified" && others.length === 0);
  const descending = !(isSorted && sort?.descending === false);
  const uri = query.filters.find(({ field, comparison }) => field === "uri" && comparison === "eq")?.value;
  const ref = typeof uri === "string" ? resources.parseUri(uri) : undefined;
  const pages: VersionWalk["pages"] = (after) =>
    ref === undefined
      ? walkBucket(versions, bucket, query, descending, after)
      : walkObject(versions, bucket, { list: ref.list.uri, id: ref.id }, query, descending, after);
  return { isSorted, pages };
};

async function* walkBucket(
  versions: Versions,
  bucket: VersionedBucket,
  { since, before, budget }: WalkQuery,
  descending: boolean,
  start: VersionKey | undefined,
): ReturnType<VersionWalk["pages"]> {
  let after = start;
  do {
    const page = await versions.list(bucket, { descending, since, before, after, limit: VERSIONS_PER_READ });
    budget.spend(page.bytes);
    after = page.next;
    yield { versions: page.versions, ...(after && { next: after }) };
  } while (after !== undefined && !budget.isSpent);
}

async function* walkObject(
  versions: Versions,
  bucket: VersionedBucket,
  of: { readonly list: string; readonly id: string },
  { since = -1, before = Number.POSITIVE_INFINITY, budget }: WalkQuery,
  descending: boolean,
  start: VersionKey | undefined,
): ReturnType<VersionWalk["pages"]> {
  const keys: VersionKey[] = [];
  let [end, hasMore] = [undefined as Parameters<Versions["find"]>[2]["after"], true];
  // Versions of several generations are not in the order of revisions.
  while (hasMore && !budget.isSpent) {
    const { found, bytes, ...page } = await versions.find(bucket, of, { after: end, limit: 1000 });
    budget.spend(bytes);
    keys.push(...found);
    end = found.at(-1);
    hasMore = page.hasMore && end !== undefined;
  }
  const direction = descending ? -1 : 1;
  const rest = keys
    .filter(({ revision }) => revision > since && revision < before)
    .filter(({ revision }) => start === undefined || (revision - start.revision) * direction > 0)
    .sort((a, b) => (a.revision - b.revision) * direction);
  for (let i = 0; i < rest.length; i += VERSIONS_PER_OBJECT_READ) {
    const part = rest.slice(i, i + VERSIONS_PER_OBJECT_READ);
    const read = await versions.get(bucket, part);
    budget.spend(read.bytes);
    const last = part.at(-1);
    const next = i + part.length < rest.length && last ? { revision: last.revision, uri: last.uri } : undefined;
    const found = read.versions.toSorted((a, b) => (a.revision - b.revision) * direction);
    yield { versions: found, ...(next && { next }) };
    if (budget.isSpent) return;
  }
}
