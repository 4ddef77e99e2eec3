import { changelog, readme } from "./documents.ts";
import { type Files, type NewPlugin, packageName } from "./plugin.ts";
import { source } from "./source.ts";
import { jestTests, nodeTests } from "./tests.ts";

/** What a plugin's folder is in: a checkout of Kintoun, or a project that depends on the package `kintoun`. */
export type Host = "checkout" | "project";

/** A plugin as a folder of its host, `plugins/<name>`. */
export const folderFiles = (plugin: NewPlugin, host: Host): Files => {
  const written = host === "checkout" ? (text: string) => text : useProjectImports;
  return {
    "index.ts": written(source(plugin)),
    [`${plugin.name}.test.ts`]: written(host === "checkout" ? jestTests(plugin) : nodeTests(plugin, "./index.ts")),
    "package.json": `${JSON.stringify(manifest(plugin), null, 2)}\n`,
    "README.md": readme(plugin, {
      from: folderImport(plugin),
      install: undefined,
      node: undefined,
      test: testCommand(plugin, host),
    }),
    "CHANGELOG.md": changelog(plugin),
  };
};

/** A project depends on one package, which has the kit and its testing package. */
const useProjectImports = (text: string): string =>
  text.replaceAll('"@kintoun/kit"', '"kintoun"').replaceAll('"@kintoun/testing"', '"kintoun/testing"');

/** The command that tests the plugin. */
export const testCommand = ({ name }: NewPlugin, host: Host): string =>
  host === "checkout" ? `npm test -- plugins/${name}` : "npm test";

export const folderImport = ({ name }: NewPlugin): string => `./plugins/${name}/index.ts`;

const manifest = ({ name, version, description, author, homepage, license }: NewPlugin) => ({
  name: packageName(name),
  version,
  private: true,
  description,
  ...(author !== undefined && { author }),
  ...(homepage !== undefined && { homepage }),
  license,
  type: "module",
});
