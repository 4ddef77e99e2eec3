import type { JsonObject } from "../../lib/json.ts";
import { invalid } from "../errors.ts";
import { project } from "../lists/fields.ts";
import { readListQuery } from "../lists/list-query.ts";
import { isNewestFirst } from "../lists/sort.ts";
import type { UserId } from "../permissions/principals.ts";
import type { ListRef } from "../resources.ts";
import type { InTransaction } from "../store/in-transaction.ts";
import type { Session } from "../store/session.ts";
import { dataOf, parents } from "../store/view.ts";
import { requireLife, requireParent } from "./access.ts";
import { reach } from "./reach.ts";
import { type Selected, type SelectedPlace, select } from "./select.ts";
import type { World } from "./world.ts";

export interface WalkList {
  readonly list: ListRef;
  readonly user: UserId;
  /** As in the protocol; `_limit` is how many there are in all. */
  readonly query: Readonly<Record<string, string>>;
}

/** Entries read at a time, where the list's own order is asked for: each may have 400 KB. */
const STRIDE = 200;

/** What a user reaches of a list, page by page; changes nothing, not even the timestamp of a list that never had one. */
export async function* walkList(
  world: World,
  run: InTransaction,
  { list, user, query }: WalkList,
): AsyncGenerator<JsonObject> {
  if ("_token" in query)
    throw invalid({
      location: "querystring",
      name: "_token",
      description: "A list is walked to its end without tokens",
    });
  const params = new URLSearchParams(query);
  const plan = { objects: parents(list), clocks: [list], writes: [] };
  const page = (after: SelectedPlace | undefined) =>
    run(plan, async (session: Session) => {
      const { limit, fields, ...asked } = readListQuery(params, session.now);
      const view = await session.read(plan);
      const reached = await reach(world, session, user, list, "read");
      requireParent(view, list);
      requireLife(view, list);
      const stride = isNewestFirst(asked.sorts) ? STRIDE : undefined;
      return { limit, fields, ...(await select(world, session, list, reached, { ...asked, limit: stride, after })) };
    });

  let found = 0;
  let after: SelectedPlace | undefined;
  do {
    const {
      entries,
      next,
      limit = Number.POSITIVE_INFINITY,
      fields,
    }: Selected & { limit: number | undefined; fields: readonly string[] | undefined } = await page(after);
    const shown = fields === undefined ? (data: JsonObject) => data : project(fields);
    for (const entry of entries) {
      if (found++ >= limit) return;
      yield shown(dataOf(entry));
    }
    after = next;
  } while (after !== undefined);
}
