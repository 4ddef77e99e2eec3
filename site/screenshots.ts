import { existsSync } from "node:fs";
import { dirname, join, relative } from "node:path";

/** Where the browser tests write them. */
const FOLDER = "test/browser/screenshots";

/** Names of screenshots that pages show and that do not exist. */
export const missingScreenshots = new Set<string>();

/**
 * Shows screenshots where a page has `<!-- screenshot: console-data | The records of a collection. -->`. The browser tests take
 * them, so that they show the pages as they are. Without them the site has none.
 * @param page its absolute path
 */
export const addScreenshots = (source: string, page: string, root: string): string =>
  source.replace(/^<!-- screenshot: ([\w-]+) \| (.+) -->$/gm, (comment, name: string, about: string) => {
    const file = join(root, FOLDER, `${name}.png`);
    if (existsSync(file)) return `![${about}](${relative(dirname(page), file)}){.screenshot}`;
    missingScreenshots.add(name);
    return comment;
  });
