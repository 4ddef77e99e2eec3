import type { Data } from "@kintoun/kit";

/** How long the members of groups are remembered. */
const REMEMBER_MS = 30_000;

/** Creates the test whether a user has no limits. Members of groups are read again after 30 seconds. */
export const createExemptions = (
  exempt: readonly string[],
  groups: readonly string[],
  { data, now }: { data: Data; now: () => number },
): ((user: string | null) => Promise<boolean>) => {
  const ids = new Set(exempt);
  let members: { readonly of: Promise<ReadonlySet<unknown>>; readonly readAt: number } | undefined;

  const readMembers = async (): Promise<ReadonlySet<unknown>> => {
    const found = await Promise.all(groups.map((group) => data.get(group)));
    return new Set(found.flatMap((group) => (Array.isArray(group?.data.members) ? group.data.members : [])));
  };

  return async (user) => {
    if (user === null) return false;
    if (ids.has(user)) return true;
    if (groups.length === 0) return false;
    if (members === undefined || now() - members.readAt > REMEMBER_MS) {
      const of = readMembers();
      of.catch(() => {
        members = undefined;
      });
      members = { of, readAt: now() };
    }
    // If the groups cannot be read, the limits hold for their members too.
    return (await members.of.catch(() => new Set())).has(user);
  };
};
