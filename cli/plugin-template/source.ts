import { indent, type Part, PROPERTIES, type Property } from "./part.ts";
import { PARTS } from "./parts.ts";
import type { NewPlugin } from "./plugin.ts";

/** The plugin itself: its index.ts. */
export const source = (plugin: NewPlugin): string => {
  const parts: readonly Part[] = plugin.parts.map((name) => PARTS[name]);
  const imports = [...new Set(["definePlugin", ...parts.flatMap(({ imports = [] }) => imports)])].toSorted();
  const before = parts.flatMap((part) => part.before?.(plugin).trim() ?? []);
  const code = [...parts.map((part) => part.code(plugin)), setupOf(parts)];
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
    `  about: ${quoted(plugin.description)},`,
    indent(properties.join("\n"), 2),
    "});",
    "",
  ].join("\n");
};

/** What makes what the parts share, where they share something. */
const setupOf = (parts: readonly Part[]): Partial<Record<Property, string>> => {
  const shared = parts.flatMap(({ shares = [] }) => shares);
  if (shared.length === 0) return {};
  const takes = shared.flatMap(({ takes = [] }) => takes);
  return {
    setup: `(${takes.length === 0 ? "" : `{ ${takes.join(", ")} }`}) => ({ ${shared.map(({ gives }) => gives).join(", ")} })`,
  };
};

/** Whether some part of it describes data with zod. */
export const usesZod = ({ parts }: NewPlugin): boolean => parts.some((name) => (PARTS[name] as Part).zod === true);

/** As the formatter writes it: in single quotes where that spares escapes. */
const quoted = (text: string): string => {
  const json = JSON.stringify(text);
  const [double, single] = [text.split('"').length, text.split("'").length];
  return double > single ? `'${json.slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'` : json;
};
