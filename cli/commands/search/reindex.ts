import { UserError } from "../../../config/user-error.ts";
import type { StoreOptions } from "../../options.ts";
import { print, printNotice } from "../../output.ts";
import { withIndexes } from "./with-indexes.ts";

interface ReindexOptions extends StoreOptions {
  readonly all?: boolean;
}

/** Runs `kintoun search reindex`. */
export const runReindex = async (target: string | undefined, options: ReindexOptions): Promise<void> => {
  if ((target === undefined) === (options.all !== true))
    throw new UserError([
      "Name a type or the URI of a collection, or give --all. For example: kintoun search reindex record",
    ]);
  await withIndexes(options, async ({ indexes }) => {
    for (const one of target === undefined ? indexes.types : [target]) {
      if (!(await indexes.reindex(one))) return printNotice(describeInterruption(one));
      print(`${one} is indexed again.`);
    }
  });
};

const describeInterruption = (target: string): string =>
  target.startsWith("/")
    ? "Stopped. Run the command again to begin anew."
    : "Stopped. Run the command again to continue, or kintoun search rollback to cancel.";
