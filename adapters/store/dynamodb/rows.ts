import type { Change, Stored } from "../../../core/ports/store.ts";
import { membersOf } from "../../../core/store/view.ts";
import { grantKey, type Item, memberKey } from "./items.ts";

/** The rows beside an object that lead to it from a person: what was shared with whom, who is in a group. */
export interface Rows {
  readonly added: readonly Item[];
  /** Keys. */
  readonly removed: readonly Item[];
  /** How a row is written when it can't be in its object's transaction: a membership is then to be proved by its group. */
  readonly doubted: (row: Item) => Item | undefined;
}

/** What a change adds and takes away, be it from the object itself or from one of an ended life that stood in its place. */
export const rowsOf = ({ ref, before, after }: Change): Rows => {
  const same = before?.of === after.of;
  const keys = (
    people: (stored: Stored) => Iterable<string>,
    keyOf: (person: string) => Item,
  ): { added: Item[]; removed: Item[] } => {
    const were = new Set(before === undefined ? [] : people(before));
    const are = new Set(people(after));
    return {
      added: [...are].filter((one) => !(same && were.has(one))).map(keyOf),
      removed: [...were].filter((one) => !are.has(one)).map(keyOf),
    };
  };
  const grants = keys(principalsOf, (principal) => grantKey(principal, ref));
  const members =
    ref.resource === "group" ? keys(membersOf, (member) => memberKey(member, ref)) : { added: [], removed: [] };
  const of = { S: after.of };
  return {
    added: [...grants.added, ...members.added].map((key) => ({ ...key, of })),
    removed: [...grants.removed, ...members.removed],
    doubted: (row) => (row.pk?.S?.startsWith("member#") ? { ...row, of, unproven: { BOOL: true } } : undefined),
  };
};

/** Everyone whom an object's permissions name. */
export const principalsOf = ({ acl }: Stored): string[] => Object.values(acl).flat();
