import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { describe, expect, it } from "@jest/globals";
import { slugify } from "../../site/slugify.ts";

const root = join(import.meta.dirname, "../..");
const PAGES = [...globSync("docs/**/*.md", { cwd: root }), ...globSync("*.md", { cwd: root })].toSorted();
const read = (page: string): string => readFileSync(join(root, page), "utf8");

/** A page without its code, which may look like links and headings. */
const prose = (page: string): string =>
  read(page)
    .replace(/^(`{3,4})[\s\S]*?^\1$/gm, "")
    .replace(/`[^`\n]*`/g, (code) => code.replaceAll("](", ""));

/** The anchors that GitHub gives to the headings of a page. */
const anchorsOf = (page: string): ReadonlySet<string> =>
  new Set([...prose(page).matchAll(/^#+ (.*)$/gm)].map(([, heading = ""]) => slugify(heading)));

const brokenLinks = (page: string): readonly string[] =>
  [...prose(page).matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, link = ""]) => {
    if (/^[a-z]+:/.test(link)) return [];
    const [path = "", anchor] = link.split("#");
    const target = path === "" ? page : relative(root, join(root, dirname(page), path));
    if (!existsSync(join(root, target))) return [link];
    return anchor !== undefined && target.endsWith(".md") && !anchorsOf(target).has(anchor) ? [link] : [];
  });

describe("pages of the documentation", () => {
  it.each(PAGES)("%s links only to files and headings that exist", (page) => {
    expect(brokenLinks(page)).toEqual([]);
  });

  it("are all reachable from docs/README.md", () => {
    const reached = new Set<string>();
    const visit = (page: string): void => {
      if (reached.has(page) || !PAGES.includes(page)) return;
      reached.add(page);
      for (const [, path = ""] of prose(page).matchAll(/\]\(([^)#\s]+)/g))
        if (!/^[a-z]+:/.test(path)) visit(relative(root, join(root, dirname(page), path)));
    };
    visit("docs/README.md");
    // The first page of the site.
    visit("docs/index.md");

    expect(PAGES.filter((page) => page.startsWith("docs/") && !reached.has(page))).toEqual([]);
  });

  it("glossary.md is in alphabetical order", () => {
    const terms = [...read("docs/glossary.md").matchAll(/^\| ([^|]+) \|/gm)].map(([, term = ""]) => term).slice(2);

    expect(terms).toEqual(terms.toSorted((a, b) => a.localeCompare(b, "en")));
  });
});
