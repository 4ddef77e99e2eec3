import type { JsonObject } from "../../lib/json.ts";
import { createReadAsUser, type ReadAsUser, readUnlessRefused } from "../objects/read-as-user.ts";
import type { StoreContext } from "../objects/store-context.ts";
import type { UserId } from "../permissions/principals.ts";
import type { Version } from "../ports/versions.ts";
import { ancestors, type ListRef, type ObjectRef } from "../resources.ts";
import type { ReadBudget } from "../store/read-budget.ts";
import type { Session } from "../store/session.ts";
import { parseData } from "../store/view.ts";
import { toHistoryEntry } from "./history-entry.ts";
import { createPastAuthorizer } from "./past-access.ts";

/** A version, and its entry as the user sees it. */
export interface VisibleEntry {
  readonly version: Version;
  readonly data: JsonObject;
  /** About the size of its JSON. */
  readonly bytes: number;
}

/** Without data and permissions. */
const ENTRY_OVERHEAD_BYTES = 400;

/**
 * Creates a function that returns the entries of versions that the user may see: those of objects that the user may read
 * now, as far as the user could read them then. If an object is gone, the permissions on what contained it decide. Read
 * hooks apply to the data.
 */
export const createEntryReader = (
  context: StoreContext,
  session: Session,
  { user, seesAll, budget }: { readonly user: UserId; readonly seesAll: boolean; readonly budget: ReadBudget },
) => {
  const readers = new Map<string, ReadAsUser | undefined>();
  const readerOf = (list: ListRef): ReadAsUser | undefined => {
    if (context.readHooks !== undefined && !readers.has(list.uri))
      readers.set(list.uri, createReadAsUser(context, session, user, list));
    return readers.get(list.uri);
  };
  return async (versions: readonly Version[]): Promise<readonly VisibleEntry[]> => {
    const found = versions.flatMap((version) => {
      const ref = context.resources.parseUri(version.uri);
      return ref === undefined ? [] : [{ version, ref }];
    });
    const canRead = seesAll ? async () => true : await createCheck(context, session, user, budget, found);
    const entries: VisibleEntry[] = [];
    for (const { version, ref } of found) {
      if (!(await canRead(ref, version))) continue;
      const read = readerOf(ref.list);
      const shown =
        read === undefined || version.action === "delete" ? version : await readUnlessRefused(read, ref.id, version);
      if (shown === undefined) continue;
      const bytes = Buffer.byteLength(shown.json) + JSON.stringify(version.acl).length + ENTRY_OVERHEAD_BYTES;
      entries.push({ version, data: toHistoryEntry(version, ref, parseData(shown)), bytes });
    }
    return entries;
  };
};

/** Reads the heads of objects, and creates a check whether the user may read a version of one. */
const createCheck = async (
  context: StoreContext,
  session: Session,
  user: UserId,
  budget: ReadBudget,
  found: readonly { readonly ref: ObjectRef; readonly version: Version }[],
): Promise<(ref: ObjectRef, version: Version) => Promise<boolean>> => {
  session.forgetHeads();
  const refs = found.map(({ ref }) => ref);
  budget.spend(await session.readHeads({ objects: refs, parents: refs.flatMap(ancestors) }));
  const were = found.map(({ version }) => version);
  const authorizer = await createPastAuthorizer(context, session, user, were);
  return async (ref, version) =>
    (await authorizer.can("read", ref)) && (await authorizer.canReadPast("read", ref, version));
};
