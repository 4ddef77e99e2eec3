import type { Command } from "commander";
import { addStoreOptions, createGroup } from "../../options.ts";

export const searchCommand = (): Command => {
  const search = createGroup("search", "Rebuild, check and repair the indexes of OpenSearch.");
  addStoreOptions(
    search
      .command("reindex")
      .description("Build the index of a type anew beside the present one and swap, or write a collection again.")
      .argument(
        "[target]",
        "name of a type, such as record, or URI of a collection, such as /buckets/blog/collections/posts",
      )
      .option("--all", "all types"),
  ).action(async (target, options) => (await import("./reindex.ts")).runReindex(target, options));
  addStoreOptions(
    search
      .command("rollback")
      .description("Return to the index of before the last rebuild, or cancel a rebuild that is not complete.")
      .argument("[type]", "name of a type", "record")
      .option("--yes", "do not ask for confirmation"),
  ).action(async (type, options) => (await import("./rollback.ts")).runRollback(type, options));
  addStoreOptions(
    search
      .command("check")
      .description("Compare the index with the store.")
      .argument("[collection]", "URI of a collection; all when absent")
      .option("--repair", "write what is missing or old, and delete what is too much")
      .option("--json", "print one JSON object per difference"),
  ).action(async (collection, options) => (await import("./check.ts")).runCheck(collection, options));
  return search;
};
