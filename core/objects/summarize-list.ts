import type { ListSummary } from "../data.ts";
import { createAuthorizer } from "../permissions/authorizer.ts";
import type { UserId } from "../permissions/principals.ts";
import type { ListRef } from "../resources.ts";
import type { Session } from "../store/session.ts";
import { accessDenied, requireParentExists } from "./checks.ts";
import { listObjectsPlan } from "./list-objects.ts";
import type { StoreContext } from "./store-context.ts";

interface SummarizeListInput {
  readonly list: ListRef;
  readonly user: UserId;
  /** Whether to count tombstones. */
  readonly tombstones: boolean;
}

/** Returns what is known of a list whose objects the user may all read, without reading them. */
export const summarizeList = async (
  { grants }: StoreContext,
  session: Session,
  { list, user, tombstones }: SummarizeListInput,
): Promise<ListSummary> => {
  const view = await session.read(listObjectsPlan(list));
  const authorizer = await createAuthorizer(session, grants, user);
  if (!(await authorizer.canAccessList("read", list))) throw accessDenied({ user });
  requireParentExists(view, list);
  const [clock, generation] = [view.clock(list), view.parentGeneration(list)];
  return {
    timestamp: clock?.timestamp,
    objects: clock?.count ?? 0,
    ...(tombstones && {
      tombstones: generation === undefined ? 0 : await session.countTombstones(list, generation),
    }),
  };
};
