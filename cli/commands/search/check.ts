import { UserError } from "../../../config/user-error.ts";
import type { IndexCheck, IndexDifference } from "../../../core/ports/search-engine.ts";
import type { StoreOptions } from "../../options.ts";
import { print, printNotice } from "../../output.ts";
import { withIndexes } from "./with-indexes.ts";

interface CheckOptions extends StoreOptions {
  readonly repair?: boolean;
  readonly json?: boolean;
}

/** Maximum number of differences that are printed as text. */
const MAX_PRINTED = 100;

/** Runs `kintoun search check`. Ends with exit code 1 when there are differences that were not repaired. */
export const runCheck = async (collection: string | undefined, options: CheckOptions): Promise<void> => {
  await withIndexes(options, async ({ indexes, signal }) => {
    const found = await indexes.check({ repair: options.repair === true }, collection);
    if (options.json) for (const difference of found.differences) print(JSON.stringify(difference));
    else for (const difference of found.differences.slice(0, MAX_PRINTED)) print(describeDifference(difference));
    const summary = describeCheck(found, signal.aborted);
    if (found.differences.some(({ isRepaired }) => !isRepaired)) throw new UserError([summary]);
    printNotice(summary);
  });
};

const TEXTS: Readonly<Record<IndexDifference["is"], string>> = {
  missing: "is not in the index",
  outdated: "is in the index in an old revision",
  deleted: "is in the index, but does not exist",
  ended: "is a collection that does not exist any more, or is not indexed",
};

const describeDifference = ({ uri, is, isRepaired }: IndexDifference): string =>
  `${uri} ${TEXTS[is]}${isRepaired ? ": repaired" : ""}`;

const describeCheck = ({ records, differences, isComplete }: IndexCheck, isStopped: boolean): string => {
  const remaining = differences.filter(({ isRepaired }) => !isRepaired).length;
  const counts = `Compared ${records} records: ${differences.length} differences, ${differences.length - remaining} repaired.`;
  if (isStopped) return `${counts} Stopped before the end.`;
  if (!isComplete) return `${counts} There are more. Run kintoun search reindex.`;
  return remaining === 0 ? counts : `${counts} Repair them with --repair.`;
};
