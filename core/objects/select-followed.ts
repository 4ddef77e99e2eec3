import type { Json } from "../../lib/json.ts";
import { countWhile } from "../../lib/util/count-while.ts";
import { createFilterTest } from "../lists/filter.ts";
import { isNewestFirst, type Sort, type SortCriterion, type SortKey, sortCriteria } from "../lists/sort.ts";
import { compareValues } from "../lists/values.ts";
import { type ListEntry, MAX_PAGE_BYTES } from "../ports/store.ts";
import type { Column, FollowedList, ListOrder } from "../store/followed-list.ts";
import { isBehind, newestFirst, type Session } from "../store/session.ts";
import type { AccessibleList } from "./page-reader.ts";
import type { Selection, SelectionPage } from "./select.ts";
import type { StoreContext } from "./store-context.ts";

/**
 * Returns a page of a list that is kept in memory; `undefined` when the list cannot be kept, or a list of which the query
 * reads little is not kept yet.
 */
export const selectFollowed = async (
  context: StoreContext,
  session: Session,
  accessibleList: AccessibleList,
  selection: Selection,
  limit: number,
): Promise<SelectionPage | undefined> => {
  const { sorts } = selection;
  if (isNewestFirst(sorts) && !context.followed.isWanted(accessibleList.list)) return undefined;
  const order = isNewestFirst(sorts) ? NEWEST_FIRST : createOrder(sorts);
  return useFollowed(context, session, accessibleList, selection, order.fields, (followed) =>
    selectPage(followed, selection, order, limit),
  );
};

/** Counts the objects of a list that is kept in memory; `undefined` when it cannot be kept. */
export const countFollowed = (
  context: StoreContext,
  session: Session,
  accessibleList: AccessibleList,
  selection: Selection,
): Promise<number | undefined> =>
  useFollowed(context, session, accessibleList, selection, NEWEST_FIRST.fields, (followed) => {
    const matches = createPositionMatcher(followed, selection);
    return followed.positions(NEWEST_FIRST).filter(matches).length;
  });

const useFollowed = async <Result>(
  { followed: lists }: StoreContext,
  session: Session,
  { list, accessible, budget }: AccessibleList,
  { since, before, filters, tombstones, read }: Selection,
  orderFields: readonly string[],
  select: (followed: FollowedList) => Result,
): Promise<Result | undefined> => {
  const clock = session.view.clock(list);
  // A part by time is read as a part.
  const isWhole = accessible === "all" && since === undefined && before === undefined && !tombstones;
  if (!isWhole || read !== undefined || session.view.isDirty(list) || clock === undefined) return undefined;
  const fields = [...orderFields, ...filters.map(({ field }) => field)];
  return (await lists.use(session, { list, clock, budget, fields }, select))?.result;
};

const selectPage = (
  followed: FollowedList,
  selection: Selection,
  order: SelectionOrder,
  limit: number,
): SelectionPage => {
  const matches = createPositionMatcher(followed, selection);
  const positions = followed.positions(order);
  const entries: ListEntry[] = [];
  let bytes = 0;
  let last: number | undefined;
  for (let index = order.countUntil(followed, positions, selection.after); index < positions.length; index++) {
    const position = positions[index] as number;
    if (!matches(position)) continue;
    const entry = followed.entryAt(position);
    bytes += Buffer.byteLength(entry.json);
    if (last !== undefined && (entries.length === limit || bytes > MAX_PAGE_BYTES))
      return { entries, next: order.cursorAt(followed, last) };
    entries.push(entry);
    last = position;
  }
  return { entries };
};

const createPositionMatcher = (followed: FollowedList, { filters }: Selection): ((position: number) => boolean) => {
  const columns = followed.columns(filters.map(({ field }) => field));
  const tests = filters.map((filter, index) => ({
    column: columns[index] as Column,
    test: createFilterTest(filter),
  }));
  return (position) => tests.every(({ column, test }) => test(column[position]));
};

interface SelectionOrder extends ListOrder {
  /** Returns how many positions are on the pages before a cursor. */
  countUntil(followed: FollowedList, positions: readonly number[], after: Selection["after"]): number;
  /** Returns the cursor of the page behind a position. */
  cursorAt(followed: FollowedList, position: number): NonNullable<SelectionPage["next"]>;
}

const NEWEST_FIRST: SelectionOrder = {
  name: "newest first",
  fields: ["last_modified", "id"],
  comparator:
    ([times = [], ids = []]) =>
    (a, b) =>
      newestFirst(
        { last_modified: times[a] as number, id: ids[a] as string },
        { last_modified: times[b] as number, id: ids[b] as string },
      ),
  countUntil: (followed, positions, after) => {
    const time = after?.time;
    return time === undefined ? 0 : countWhile(positions, (position) => !isBehind(followed.entryAt(position), time));
  },
  cursorAt: (followed, position) => {
    const { last_modified, id } = followed.entryAt(position);
    return { time: { last_modified, id } };
  },
};

const createOrder = (sorts: readonly Sort[]): SelectionOrder => {
  const criteria = sortCriteria(sorts);
  const fields = criteria.map(({ field }) => field);
  return {
    name: JSON.stringify(sorts),
    fields,
    comparator: (columns) => (a, b) => compareKeys(criteria, (index) => [columns[index]?.[a], columns[index]?.[b]]),
    countUntil: (followed, positions, after) => {
      const start = after?.sort;
      if (start === undefined) return 0;
      const columns = followed.columns(fields);
      return countWhile(
        positions,
        (position) => compareKeys(criteria, (index) => [columns[index]?.[position], start[index]?.[0]]) <= 0,
      );
    },
    cursorAt: (followed, position) => {
      const columns = followed.columns(fields);
      const sort: SortKey = criteria.map(({ toKeyValue }, index) => {
        const value = columns[index]?.[position];
        return value === undefined ? [] : [toKeyValue(value)];
      });
      return { sort };
    },
  };
};

const compareKeys = (
  criteria: readonly SortCriterion[],
  valuesOf: (criterion: number) => readonly [Json | undefined, Json | undefined],
): number => {
  for (const [index, { descending, toKeyValue }] of criteria.entries()) {
    const [a, b] = valuesOf(index);
    const order = compareValues(a && toKeyValue(a), b && toKeyValue(b));
    if (order !== 0) return descending ? -order : order;
  }
  return 0;
};
