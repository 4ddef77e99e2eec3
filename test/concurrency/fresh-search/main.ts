// npm run drill:search -- [--pairs N] [--kills N]
// Writes records and searches for them right after in eight processes that share no memory, some of which are killed.
import { parseArgs } from "node:util";
import { runDrill } from "./drill.ts";

const { values } = parseArgs({
  options: { pairs: { type: "string", default: "10000" }, kills: { type: "string", default: "40" } },
});
const began = Date.now();
const seconds = () => Math.round((Date.now() - began) / 1000);
const { stale, failed, checked, unanswered, copies, log } = await runDrill({
  processes: 8,
  pairs: Number(values.pairs),
  collections: 3,
  kills: Number(values.kills),
  records: 3000,
  print: (line) => console.log(`${String(seconds()).padStart(5)} s  ${line}`),
});
console.log(
  `${checked} pairs of a write and a search in ${seconds()} s: ${stale.length} stale answers, ${unanswered} requests repeated, ${copies} copies kept.`,
);
if (stale.length + failed.length > 0) {
  console.error([...stale, ...failed].slice(0, 50).join("\n"), log.slice(-5000));
  process.exitCode = 1;
}
