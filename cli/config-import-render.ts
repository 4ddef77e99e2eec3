import type { Translation } from "./config-import-translate.ts";

/** The source of a `kintoun.config.ts`. */
export const renderConfig = ({ settings, plugins }: Translation): string =>
  `${[
    'import { defineConfig } from "@kintoun/kit";',
    ...plugins.toSorted().map((name) => `import { ${name} } from "./plugins/${folderOf(name)}/index.ts";`),
    "",
    "export default defineConfig({",
    "  settings: {",
    ...Object.entries(settings).map(([name, value]) => `    ${name}: ${literal(value)},`),
    "  },",
    `  plugins: [${plugins.map((name) => `${name}()`).join(", ")}],`,
    "});",
  ].join("\n")}\n`;

const folderOf = (name: string): string => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

/** A value's source, on one line. */
const literal = (value: unknown): string => {
  if (Array.isArray(value)) return `[${value.map(literal).join(", ")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  return `{ ${Object.entries(value)
    .map(([key, entry]) => `${/^[a-zA-Z_]\w*$/.test(key) ? key : JSON.stringify(key)}: ${literal(entry)}`)
    .join(", ")} }`;
};
