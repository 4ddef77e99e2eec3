import { UserError } from "../../../config/user-error.ts";
import { confirm } from "../../confirm.ts";
import type { StoreOptions } from "../../options.ts";
import { print, printNotice } from "../../output.ts";
import { withIndexes } from "./with-indexes.ts";

interface RollbackOptions extends StoreOptions {
  readonly yes?: boolean;
}

/** Runs `kintoun search rollback`. */
export const runRollback = async (type: string, options: RollbackOptions): Promise<void> => {
  await withIndexes(options, async ({ indexes, store }) => {
    if (!options.yes)
      await confirm(`Return to the previous index of ${type} in ${store}, and delete the present one?`, {
        refusal: "Nothing was changed.",
      });
    const done = await indexes.rollBack(type);
    if (done === undefined)
      throw new UserError([`There is no previous index of ${type}. A rebuild keeps the one that it replaces.`]);
    if (done === "interrupted") return printNotice("Stopped. Run the command again to continue.");
    print(
      done === "canceled" ? `The rebuild of ${type} is canceled.` : `The previous index of ${type} is searched again.`,
    );
  });
};
