// npm run soak -- [--writes N] [--seed N]
// Kills workers and dispatchers at random while clients write, and checks that every listener received every change.
import { writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { soak } from "./soak.ts";

const { values } = parseArgs({
  options: {
    writes: { type: "string", default: "20000" },
    seed: { type: "string", default: String(Date.now() % 100_000) },
  },
});
const [writes, seed] = [Number(values.writes), Number(values.seed)];

const began = Date.now();
console.log(`${writes} writes, seed ${seed}`);
const { problems, rows, kills, log } = await soak({
  writes,
  seed,
  print: (line) => console.log(`${String(Math.round((Date.now() - began) / 1000)).padStart(5)} s  ${line}`),
});
console.log(
  `${kills.worker} workers and ${kills.dispatch} dispatchers were killed, in ${Math.round((Date.now() - began) / 1000)} s.`,
);
console.table(rows);
if (problems.length > 0) {
  console.error(
    `${problems.length} guarantees are violated:\n${problems.slice(0, 50).join("\n")}\nRepeat this run: npm run soak -- --writes ${writes} --seed ${seed}`,
  );
  const file = join(tmpdir(), `kintoun-soak-${seed}.log`);
  writeFileSync(file, log);
  console.error(`The log of the processes is in ${file}.`);
  process.exitCode = 1;
} else console.log("Every listener handled every change with its effect once. Only poison was dead-lettered.");
