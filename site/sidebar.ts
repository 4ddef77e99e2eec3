import type { DefaultTheme } from "vitepress";

type Item = DefaultTheme.SidebarItem;

/**
 * Makes the sidebar of the index of the documentation: a group for each heading, an item for each link of its list, also
 * for those that are indented below another.
 */
export const toSidebar = (index: string): Item[] => {
  const groups: Item[] = [];
  let parent: Item | undefined;
  for (const line of index.split("\n")) {
    const [, heading] = /^## (.+)$/.exec(line) ?? [];
    if (heading !== undefined) {
      groups.push({ text: heading, items: [] });
      parent = undefined;
      continue;
    }
    const [, indent = "", text = "", path = ""] = /^( *)- \[([^\]]+)\]\(([^)#]+)/.exec(line) ?? [];
    if (path === "") continue;
    const item: Item = { text, link: toLink(path) };
    if (indent !== "" && parent !== undefined) parent.items = [...(parent.items ?? []), item];
    else {
      groups.at(-1)?.items?.push(item);
      parent = item;
    }
  }
  return groups;
};

/** The path of a page on the site. @param path relative to `docs/` */
const toLink = (path: string): string =>
  (path.startsWith("../") ? `/${path.slice(3)}` : `/docs/${path}`)
    .replace(/(^|\/)README\.md$/, "$1")
    .replace(/\.md$/, "");
