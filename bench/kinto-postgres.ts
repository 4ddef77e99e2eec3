/**
 * Runs the same requests at Kintoun and at Kinto 26.5 with PostgreSQL, in turns, twice. Both keep their data on disk and
 * have basic authentication only. Needs Python with venv, PyPI, and Debian's PostgreSQL, which root gets by apt-get.
 *
 * npm run bench:peers -- [--seconds N] [--only NAME] [--listeners]
 * --only NAME    cases whose name contains it
 * --listeners    Kintoun has the plugins of `kintoun.config.ts`, with their listeners
 */
import { parseArgs } from "node:util";
import { createObjects, HEADERS, listCases } from "./cases.ts";
import { startKinto } from "./kinto.ts";
import { CONNECTIONS, type LoadResult, runLoad, withPresentEtag } from "./load.ts";
import { describeMachine, type RunningServer, startServer } from "./server.ts";

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "4" },
    only: { type: "string", default: "" },
    listeners: { type: "boolean", default: false },
  },
});
const ROUNDS = 2;

await using kintoun = await startServer(values.listeners ? undefined : "basicauth");
await using kinto = await startKinto();
const urls = [kintoun.url, kinto.url];
const etags = await Promise.all(
  urls.map((url) =>
    createObjects((method, path, body) =>
      fetch(`${url}${path}`, { method, headers: HEADERS, ...(body !== undefined && { body }) }),
    ),
  ),
);
const [ourCases = [], kintoCases = []] = etags.map((etag) => listCases(etag));

const cases = [...ourCases.entries()].filter(
  // Kinto's list of permissions is an experiment, and off by default.
  ([, { name }]) => name.includes(values.only) && name !== "/permissions",
);
console.log(
  `${describeMachine()}\n${CONNECTIONS} keep-alive connections, ${values.seconds} s each, ${ROUNDS} rounds.\n`,
);
console.log(
  "| request | Kintoun per second | Kinto | ratio | Kintoun CPU ms per request | Kinto | ratio | Kintoun p99 ms | Kinto | Kintoun failed | Kinto |",
);
console.log("|---|---|---|---|---|---|---|---|---|---|---|");
for (const [index, ourCase] of cases) {
  const results: [LoadResult, LoadResult][] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const load = async (server: RunningServer, benchCase = ourCase) =>
      runLoad(server, await withPresentEtag(server.url, benchCase), Number(values.seconds));
    results.push([await load(kintoun), await load(kinto, kintoCases[index])]);
  }
  const column = (field: keyof LoadResult, digits = 0) =>
    ([0, 1] as const).map((side) => results.map((pair) => pair[side][field].toFixed(digits)).join(", ")).join(" | ");
  const ratios = (of: (result: LoadResult) => number) =>
    results.map(([ours, theirs]) => (of(ours) / Math.max(of(theirs), 0.001)).toFixed(1)).join(", ");
  const cells = [
    ourCase.name,
    column("perSecond"),
    ratios(({ perSecond }) => perSecond),
    column("cpuMs", 2),
    ratios(({ cpuMs }) => 1 / cpuMs),
    column("p99"),
    column("failed"),
  ];
  console.log(`| ${cells.join(" | ")} |`);
}
