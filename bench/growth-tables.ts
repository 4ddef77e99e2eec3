import type { MemoryFigure } from "./growth-memory.ts";
import type { GrowthPoint } from "./growth-picture.ts";
import type { GrowthFigure } from "./growth-requests.ts";

const formatSize = (size: number): string => size.toLocaleString("en");
const row = (cells: readonly (string | number)[]): string => `| ${cells.join(" | ")} |`;
const table = (head: readonly string[], rows: readonly string[]): string =>
  [row(head), `|${"---|".repeat(head.length)}`, ...rows].join("\n");

/** The distinct values of a figure: one if it is the same at all sizes. */
const distinct = (figures: readonly GrowthFigure[], of: (figure: GrowthFigure) => number): string =>
  [...new Set(figures.map((figure) => String(Number(of(figure).toFixed(2)))))].join(", ");

/** The figures of each kind of request, by size. */
const groupByName = (figures: readonly GrowthFigure[]): readonly (readonly [string, readonly GrowthFigure[]])[] => [
  ...Map.groupBy(figures, ({ name }) => name),
];

/** Compares each figure with that of the smallest size. */
export const toRatios = (figures: readonly GrowthFigure[]): readonly GrowthPoint[] =>
  groupByName(figures).flatMap(([, group]) => {
    const first = group[0]?.cpuMs ?? 1;
    return group.map(({ name, size, cpuMs }) => ({ name, size, ratio: cpuMs / first }));
  });

/** Formats processor time, its ratio to the smallest size, and the calls to DynamoDB. */
export const formatRequests = (figures: readonly GrowthFigure[], objects: string): string => {
  const groups = groupByName(figures);
  const sizes = (groups[0]?.[1] ?? []).map(({ size }) => formatSize(size));
  return table(
    ["request", ...sizes.map((size) => `CPU ms, ${size} ${objects}`), "ratio", "rounds", "calls", "units"],
    groups.map(([name, group]) =>
      row([
        name,
        ...group.map(({ cpuMs }) => cpuMs.toFixed(2)),
        toRatios(group)
          .slice(1)
          .map(({ ratio }) => ratio.toFixed(2))
          .join(", "),
        distinct(group, ({ rounds }) => rounds),
        distinct(group, ({ calls }) => calls),
        distinct(group, ({ units }) => units),
      ]),
    ),
  );
};

/** Formats the ratios and units only. */
export const formatSummary = (figures: readonly GrowthFigure[], objects: string): string => {
  const groups = groupByName(figures);
  const sizes = (groups[0]?.[1] ?? []).map(({ size }) => formatSize(size));
  return table(
    ["request", ...sizes.slice(1).map((size) => `${size} ${objects}`), "calls", "units"],
    groups.map(([name, group]) =>
      row([
        name,
        ...toRatios(group)
          .slice(1)
          .map(({ ratio }) => `×${ratio.toFixed(2)}`),
        distinct(group, ({ calls }) => calls),
        distinct(group, ({ units }) => units),
      ]),
    ),
  );
};

const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(0);

export const formatMemory = (figures: readonly MemoryFigure[]): string =>
  table(
    ["work", "records", "requests", "largest heap, MB", "largest process, MB"],
    figures.map(({ work, size, requests, heapBytes, maxRssBytes }) =>
      row([work, formatSize(size), requests, megabytes(heapBytes), megabytes(maxRssBytes)]),
    ),
  );
