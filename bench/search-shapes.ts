import type { Json } from "../lib/json.ts";

/** Number of searches of each shape, and of writes. */
export const RUNS = 200;
export const WRITES = 50;

/** The time of work in milliseconds. */
const measure = async (work: () => Promise<unknown>): Promise<number> => {
  const began = performance.now();
  await work();
  return performance.now() - began;
};

/** The p50 and p99 of several runs, and the mean of their processor time, in milliseconds. */
export const measureMany = async (runs: number, work: (run: number) => Promise<unknown>): Promise<string> => {
  const times: number[] = [];
  const before = process.cpuUsage();
  for (let run = 0; run < runs; run++) times.push(await measure(() => work(run)));
  const cpuMs = toMs(process.cpuUsage(before)) / runs;
  times.sort((a, b) => a - b);
  return `${at(times, 0.5)}, ${at(times, 0.99)}, ${cpuMs.toFixed(1)}`;
};

/** The time of work, and its processor time, in seconds. */
export const measureOnce = async (work: () => Promise<unknown>): Promise<string> => {
  const before = process.cpuUsage();
  const ms = await measure(work);
  return `${(ms / 1000).toFixed(2)}, ${(toMs(process.cpuUsage(before)) / 1000).toFixed(2)}`;
};

const toMs = ({ user, system }: NodeJS.CpuUsage): number => (user + system) / 1000;
const at = (sorted: readonly number[], share: number): string =>
  (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0).toFixed(1);

/** Six shapes of searches. */
export const SHAPES: Readonly<Record<string, (word: string, other: string) => Json>> = {
  "match + filter + facet": (word) => ({
    query: { bool: { must: [{ match: { text: word } }], filter: [{ term: { "region.keyword": "region 3" } }] } },
    aggs: { languages: { terms: { field: "languages.keyword" } } },
  }),
  "all words of two fields": (word, other) => ({
    query: { multi_match: { query: `${word} ${other}`, fields: ["title^3", "text"], operator: "and" } },
  }),
  "typo and begin of a word": (word, other) => ({
    query: {
      bool: {
        should: [
          { match: { text: { query: `${word.slice(0, -1)}x`, fuzziness: "AUTO" } } },
          { match_bool_prefix: { title: other.slice(0, 3) } },
        ],
      },
    },
  }),
  phrase: (word, other) => ({ query: { match_phrase: { text: `${word} ${other}` } } }),
  "range, sorted": () => ({ query: { range: { stars: { gte: 100, lt: 9000 } } }, sort: [{ published: "desc" }] }),
  "three facets over all": () => ({
    size: 0,
    aggs: {
      regions: { terms: { field: "region.keyword" } },
      languages: { terms: { field: "languages.keyword" } },
      stars: { stats: { field: "stars" } },
    },
  }),
};
