import { type Area, coversObject } from "../permissions/areas.ts";
import type { RunInTransaction } from "../store/transact.ts";
import type { StoreContext } from "./store-context.ts";

/** Objects per read. */
const PAGE = 500;
const NO_PLAN = { objects: [], clocks: [], writes: [] };

/**
 * Iterates over the URIs of objects in areas whose own permissions may name a principal, then of groups with it as member.
 * Callers must check each object.
 */
export async function* findNamedObjects(
  { resources }: Pick<StoreContext, "resources">,
  run: RunInTransaction,
  { areas, principal }: { readonly areas: readonly Area[]; readonly principal: string },
): AsyncGenerator<string> {
  const covers = (uri: string): boolean => {
    const ref = resources.parseUri(uri);
    return ref !== undefined && coversObject(areas, ref, true);
  };
  let after: string | undefined;
  do {
    const page = await run(NO_PLAN, (session) => session.findGrants([principal], { after, limit: PAGE }));
    yield* page.grants.map(({ list, id }) => `${list}/${id}`).filter(covers);
    after = page.next;
  } while (after !== undefined);
  do {
    const page = await run(NO_PLAN, (session) => session.readMemberships(principal, after));
    yield* page.groups.map(({ group }) => group).filter(covers);
    after = page.next;
  } while (after !== undefined);
}
