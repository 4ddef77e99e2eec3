import { renderMermaidSVG } from "beautiful-mermaid";

/** Colors of the theme, so that diagrams are light and dark as the page. */
const COLORS = {
  bg: "var(--vp-c-bg)",
  fg: "var(--vp-c-text-1)",
  line: "var(--vp-c-text-3)",
  accent: "var(--vp-c-brand-1)",
  transparent: true,
  font: "system-ui",
};

/**
 * Draws a `mermaid` block as SVG while the site is built, so that pages need no script for it. Screen readers get its text.
 * @param source in the language of Mermaid, whose first line may be a comment: `%% title: What it shows`
 */
export const drawDiagram = (source: string): string => {
  const [, title = "Diagram"] = /^%% title: (.+)$/m.exec(source) ?? [];
  // The style names a font of another host.
  const svg = renderMermaidSVG(source, COLORS)
    .replace(/@import url\([^)]*\);/g, "")
    .replace(/\n\s*\n/g, "\n");
  return `<figure class="diagram" role="img" aria-label="${escapeHtml(title)}" v-html="${escapeHtml(JSON.stringify(svg))}"></figure>`;
};

const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
