import { type Command, Option } from "commander";
import { addStoreOptions, createCommand, parseText, parseUrl } from "../../options.ts";

const bucketOption = (): Option =>
  new Option("--bucket <id>", "only this bucket, with all that it contains; can be repeated").argParser(
    (id: string, earlier: readonly string[] = []) => [...earlier, parseText(id)],
  );

export const exportCommand = (): Command =>
  addStoreOptions(createCommand("export", "Write all objects of a store to a file."))
    .argument("<file>", "NDJSON, compressed if it ends with .gz; YAML if it ends with .yaml; - is stdout")
    .addOption(bucketOption())
    .option("--no-secrets", "leave out hashes of passwords and the secret of user ids")
    .action(async (file, options) => (await import("./export.ts")).runExport(file, options));

export const importCommand = (): Command =>
  addStoreOptions(
    createCommand("import", "Write the objects of a file, or of a Kinto server, to a store, and compare both."),
  )
    .argument("[file]", "what `kintoun export` or kinto-wizard has written; - is stdin")
    .addOption(new Option("--from <url>", "a running Kinto, such as https://kinto.example/v1").argParser(parseUrl))
    .option("--auth <user:password>", "a user of that Kinto who may read all that is imported; or: Bearer TOKEN")
    .option("--permissions <file>", "permissions from Kinto's database, which its API does not show")
    .addOption(bucketOption())
    .option("--dry-run", "show what would be written, without writing it")
    .option("--events", "let all listeners receive the changes; only those that keep derived data when absent")
    .option("--json", "print JSON")
    .action(async (file, options) => (await import("./import.ts")).runImport(file, options));
