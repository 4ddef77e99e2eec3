import { readFile } from "node:fs/promises";
import { join, relative, resolve } from "node:path";
import { CONFIG_FILE_NAME, loadDeployedConfig } from "../../config/load-config.ts";
import { UserError } from "../../config/user-error.ts";
import packageJson from "../../package.json" with { type: "json" };
import { formatLinks } from "./links.ts";
import { PACKAGE_USAGE, readPackageOptions } from "./options.ts";
import { writePackage } from "./write-package.ts";

/** Writes the package of `kintoun.config.ts`, and prints what to do with it. */
const run = async (): Promise<void> => {
  const { bucket, region, prefix = "", out = "dist", help } = readPackageOptions(process.argv.slice(2));
  if (help) return console.log(PACKAGE_USAGE);
  const configFile = resolve(CONFIG_FILE_NAME);
  // The environment does not decide what a package contains: the same source gives the same bytes.
  const { written } = loadDeployedConfig(configFile, {});
  const { context = {} } = JSON.parse(await readFile("cdk.json", "utf8")) as { context?: Record<string, unknown> };
  const { version } = packageJson;
  const { folder, files } = await writePackage({ written, configFile, version, outdir: resolve(out), context });
  console.log(`Wrote ${files.length} files to ${relative("", folder)}`);
  if (bucket === undefined || region === undefined)
    console.log("Next: docs/operations/deploy-from-the-console.md. With --bucket and --region, this prints its links.");
  else for (const line of formatLinks({ bucket, region, prefix, folder: join(folder) })) console.log(line);
};

try {
  await run();
} catch (error) {
  if (!(error instanceof UserError)) throw error;
  for (const line of error.lines) console.error(line);
  process.exitCode = 1;
}
