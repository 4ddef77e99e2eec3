/**
 * Measures how small and how fast each level of gzip and Brotli makes a page of 100 records.
 * Run `npm run bench:compression`.
 */
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import countries from "world-countries/countries.json" with { type: "json" };

const ROUNDS = 30;

/** About 250 bytes each, as in the other benchmarks. */
const notes = Array.from({ length: 100 }, (_, index) => ({
  id: crypto.randomUUID(),
  last_modified: 1_796_025_600_000 + index * 37,
  title: `Note ${index}`,
  tags: [["work", "home", "travel"][index % 3], `tag${index % 7}`],
  done: index % 4 === 0,
  text: `Call ${index * 7919} about the meeting in room ${index % 31}, then send the summary to everyone by ${index % 12} pm.`,
}));

const PAGES = { "100 notes": notes, "100 countries": countries.slice(0, 100) };

const LEVELS: Readonly<Record<string, (body: Buffer) => Buffer>> = {
  ...Object.fromEntries([1, 2, 4, 6, 9].map((level) => [`gzip ${level}`, (body: Buffer) => gzipSync(body, { level })])),
  ...Object.fromEntries(
    [1, 2, 3, 4, 5, 6, 11].map((quality) => [
      `br ${quality}`,
      (body: Buffer) => brotliCompressSync(body, { params: { [constants.BROTLI_PARAM_QUALITY]: quality } }),
    ]),
  ),
};

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;

for (const [name, data] of Object.entries(PAGES)) {
  const body = Buffer.from(JSON.stringify({ data }));
  console.log(`\n${name}: ${body.length} bytes\n\n| level | bytes | part | median time |\n|---|---|---|---|`);
  for (const [level, compress] of Object.entries(LEVELS)) {
    const times = Array.from({ length: ROUNDS }, () => {
      const start = performance.now();
      compress(body);
      return performance.now() - start;
    });
    const { length } = compress(body);
    console.log(
      `| ${level} | ${length} | ${((100 * length) / body.length).toFixed(1)} % | ${median(times).toFixed(2)} ms |`,
    );
  }
}
