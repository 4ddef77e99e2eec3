import { changelog, readme } from "./documents.ts";
import { type Files, type NewPlugin, packageName } from "./plugin.ts";
import { source } from "./source.ts";
import { jestTests } from "./tests.ts";

/** A plugin as a folder of the checkout, `plugins/<name>`. */
export const folderFiles = (plugin: NewPlugin): Files => ({
  "index.ts": source(plugin),
  [`${plugin.name}.test.ts`]: jestTests(plugin),
  "package.json": `${JSON.stringify(manifest(plugin), null, 2)}\n`,
  "README.md": readme(plugin, {
    from: folderImport(plugin),
    install: undefined,
    node: undefined,
    test: `npm test -- plugins/${plugin.name}`,
  }),
  "CHANGELOG.md": changelog(plugin),
});

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
