import { type Command, Option } from "commander";
import { addStoreOptions, createGroup } from "../../options.ts";

export const listsCommand = (): Command => {
  const lists = createGroup("lists", "Repair lists.");
  addStoreOptions(
    lists
      .command("repair-timestamp")
      .description("Set back the timestamp of a list that is more than a day ahead of the clock.")
      .argument("<uri>", "URI of the list, for example /buckets/blog/collections/posts/records")
      .addOption(new Option("--dry-run", "show what would change, without changing it").conflicts("yes"))
      .option("--yes", "do not ask for confirmation"),
  ).action(async (uri, options) => (await import("./repair-timestamp.ts")).runRepairTimestamp(uri, options));
  return lists;
};
