import { indent, type Part, PROPERTIES, type Property } from "./part.ts";
import { PARTS } from "./parts.ts";
import type { NewPlugin } from "./plugin.ts";

/** The plugin itself: its index.ts. */
export const source = (plugin: NewPlugin): string => {
  const parts: readonly Part[] = plugin.parts.map((name) => PARTS[name]);
  const imports = [...new Set(["definePlugin", ...parts.flatMap(({ imports = [] }) => imports)])].toSorted();
  const before = parts.flatMap((part) => part.before?.(plugin).trim() ?? []);
  const code = [...parts.map((part) => part.code(plugin)), formatSetup(parts)];
  const properties = (Object.keys(PROPERTIES) as Property[]).flatMap((property) => {
    const entries = code.flatMap((one) => one[property]?.trim() ?? []);
    if (entries.length === 0) return [];
    return PROPERTIES[property]
      ? `${property}: {\n${indent(entries.join("\n"), 2)}\n},`
      : `${property}: ${entries.join("")},`;
  });
  return [
    `import { ${imports.join(", ")} } from "@kintoun/kit";`,
    ...(usesZod(plugin) ? ['import * as z from "zod";'] : []),
    "",
    ...before.flatMap((text) => [text, ""]),
    `/** ${plugin.description.replaceAll("*/", "*\\/")} */`,
    `export const ${plugin.identifier} = definePlugin({`,
    `  name: ${JSON.stringify(plugin.name)},`,
    `  about: ${quoteText(plugin.description)},`,
    indent(properties.join("\n"), 2),
    "});",
    "",
  ].join("\n");
};

/** The `setup` function, if a part adds to it. */
const formatSetup = (parts: readonly Part[]): Partial<Record<Property, string>> => {
  const additions = parts.flatMap(({ setup = [] }) => setup);
  if (additions.length === 0) return {};
  const used = additions.flatMap(({ uses = [] }) => uses);
  const returned = additions.map(({ returns }) => returns).join(", ");
  return { setup: `(${used.length === 0 ? "" : `{ ${used.join(", ")} }`}) => ({ ${returned} })` };
};

/** Whether one of its parts uses zod. */
export const usesZod = ({ parts }: NewPlugin): boolean => parts.some((name) => (PARTS[name] as Part).zod === true);

/** Quotes a text like the formatter: in single quotes if that needs fewer escapes. */
const quoteText = (text: string): string => {
  const json = JSON.stringify(text);
  const [double, single] = [text.split('"').length, text.split("'").length];
  return double > single ? `'${json.slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'` : json;
};
