import { axisX, axisY, dot, frame, lineY, plot, ruleY, text } from "@observablehq/plot";
import { JSDOM } from "jsdom";

/** A request at a size, compared with the smallest size. */
export interface GrowthPoint {
  readonly name: string;
  readonly size: number;
  readonly ratio: number;
}

/** The ratio that no request may exceed. */
export const MAX_RATIO = 1.3;

const COLUMNS = 3;
const COLUMN_WIDTH = 270;
const ROW_HEIGHT = 130;

/** Draws a small chart for each kind of request: the ratio by size, with a line at the limit. @returns an SVG */
export const drawGrowth = (points: readonly GrowthPoint[]): string => {
  const names = [...new Set(points.map(({ name }) => name))];
  const placeOf = (name: string) => {
    const index = names.indexOf(name);
    return { column: index % COLUMNS, row: Math.floor(index / COLUMNS) };
  };
  const placed = points.map((point) => ({ ...point, ...placeOf(point.name) }));
  const titles = names.map((name) => ({ name, ...placeOf(name) }));
  const sizes = [...new Set(points.map(({ size }) => size))];
  const facet = { fx: "column", fy: "row" } as const;
  const chart = plot({
    document: new JSDOM("").window.document,
    className: "growth",
    width: COLUMNS * COLUMN_WIDTH,
    height: Math.ceil(names.length / COLUMNS) * ROW_HEIGHT + 70,
    marginTop: 30,
    marginBottom: 40,
    style: { background: "white", color: "black", fontFamily: "sans-serif", fontSize: "11px" },
    x: { type: "log", domain: [Math.min(...sizes) / 1.6, Math.max(...sizes) * 1.6] },
    y: { domain: [0, Math.max(1.6, ...points.map(({ ratio }) => ratio * 1.1))] },
    fx: { axis: null, padding: 0.14 },
    fy: { axis: null, padding: 0.3 },
    marks: [
      frame({ stroke: "#ccc" }),
      axisX({ ticks: sizes, tickFormat: (size: number) => size.toLocaleString("en"), label: "objects in the list" }),
      axisY({ ticks: [0, 0.5, 1, 1.5], label: null }),
      ruleY([MAX_RATIO], { stroke: "#c00", strokeDasharray: "4 3" }),
      lineY(placed, { ...facet, x: "size", y: "ratio", stroke: "#06c", strokeWidth: 2 }),
      dot(placed, { ...facet, x: "size", y: "ratio", fill: "#06c", r: 3 }),
      text(titles, { ...facet, text: "name", frameAnchor: "top", dy: -12, fontWeight: "bold" }),
    ],
  });
  return `${chart.outerHTML.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ')}\n`;
};
