import { cpSync, existsSync, globSync, mkdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { defineConfig, type UserConfig } from "vitepress";
import packageJson from "../package.json" with { type: "json" };
import { drawDiagram } from "./diagrams.ts";
import { addLanguageTabs } from "./language-tabs.ts";
import { addScreenshots, missingScreenshots } from "./screenshots.ts";
import { toSidebar } from "./sidebar.ts";
import { slugify } from "./slugify.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const ICON = readFileSync(join(ROOT, "plugins/console/client/icon.svg")).toString("base64");
/** Written by `npm run docs:api`, which the build does not wait for. */
const REFERENCE = "docs/plugins/reference";
const hasReference = existsSync(join(ROOT, REFERENCE, "index.html"));
/** Files besides pages that pages link to. They are copied to the site. */
const linkedFiles = new Set<string>();

/** The site of the documentation: the pages of `docs/` and those of the root. */
export const siteConfig: UserConfig = defineConfig({
  title: "Kintoun",
  description: packageJson.description,
  lang: "en-US",
  base: process.env.DOCS_BASE ?? "/",
  srcDir: "..",
  outDir: "../dist/docs",
  cacheDir: "../node_modules/.cache/vitepress",
  cleanUrls: true,
  metaChunk: true,
  head: [["link", { rel: "icon", type: "image/svg+xml", href: `data:image/svg+xml;base64,${ICON}` }]],
  // Each page would load all pages that its sidebar names.
  router: { prefetchLinks: false },
  // VitePress checks only links between pages. A test checks those to files and headings.
  ignoreDeadLinks: [/^https?:\/\/localhost/, (link) => existsSync(join(ROOT, link))],
  srcExclude: globSync("*/", { cwd: ROOT }).flatMap((folder) =>
    /^(docs|bench)\/?$/.test(folder) ? [] : [`${folder}/**`],
  ),
  rewrites: (path) =>
    path === "docs/index.md"
      ? "index.md"
      : path.replace(/(^|\/)README\.md$/, "$1index.md").replace(/^index\.md$/, "readme.md"),
  themeConfig: {
    logo: `data:image/svg+xml;base64,${ICON}`,
    search: { provider: "local" },
    outline: [2, 3],
    nav: [
      { text: "HTTP API", link: "/docs/http-api/" },
      { text: "Plugins", link: "/docs/plugins/" },
      { text: "Operations", link: "/docs/operations/deploy" },
      ...(hasReference ? [{ text: "Kit", link: `/${REFERENCE}/index.html`, target: "_self" }] : []),
      { text: "Changelog", link: "/CHANGELOG" },
    ],
    sidebar: toSidebar(readFileSync(join(ROOT, "docs/README.md"), "utf8")),
    docFooter: { prev: false, next: false },
  },
  markdown: {
    anchor: { slugify },
    image: { lazyLoading: true },
    theme: { light: "github-light-high-contrast", dark: "github-dark-high-contrast" },
    config: (markdown) => {
      const { fence } = markdown.renderer.rules;
      // Vue would read {{ as the start of an expression.
      for (const name of ["text", "code_inline"] as const) {
        const render = markdown.renderer.rules[name];
        markdown.renderer.rules[name] = (...args) => (render?.(...args) ?? "").replaceAll("{{", "&#123;&#123;");
      }
      markdown.renderer.rules.fence = (tokens, index, ...rest) => {
        const { info = "", content = "" } = tokens[index] ?? {};
        return info.trim() === "mermaid" ? drawDiagram(content) : (fence?.(tokens, index, ...rest) ?? "");
      };
    },
  },
  vite: {
    plugins: [
      {
        name: "pages",
        enforce: "pre",
        transform: (code, id) => (id.endsWith(".md") ? addScreenshots(addLanguageTabs(code), id, ROOT) : undefined),
      },
    ],
  },
  transformPageData: ({ relativePath, filePath }) => {
    for (const file of filesLinkedBy(filePath ?? relativePath)) linkedFiles.add(file);
  },
  buildEnd: ({ outDir }) => {
    const missing = [...missingScreenshots].toSorted().join(", ");
    if (missing !== "")
      console.warn(`The site has no screenshots of ${missing}. Take them by \`npm run test:browser\`.`);
    if (hasReference) cpSync(join(ROOT, REFERENCE), join(outDir, REFERENCE), { recursive: true });
    for (const file of linkedFiles) {
      mkdirSync(dirname(join(outDir, file)), { recursive: true });
      cpSync(join(ROOT, file), join(outDir, file));
    }
  },
});

/** Paths of what a page links to and is no page, from the root. */
const filesLinkedBy = (page: string): readonly string[] =>
  [...readFileSync(join(ROOT, page), "utf8").matchAll(/\]\(([^)#\s:]+)/g)].flatMap(([, link = ""]) => {
    const file = join(dirname(page), link);
    return /\.(md|svg|png)$/.test(file) || !existsSync(join(ROOT, file)) ? [] : [file];
  });
