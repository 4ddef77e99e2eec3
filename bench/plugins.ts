// npm run bench:plugins
// Measures what plugins that are installed but unused add to a request and to the start of the api function.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { readConfig } from "../config/config.ts";
import { apiHandler, createApi } from "../functions/api/app.ts";
import { LAMBDA_BUILD_OPTIONS } from "../infra/bundle.ts";
import { defineHookPoint, defineInterface, definePlugin, jsonResponse, type Plugin } from "../kit/index.ts";
import { startCloud } from "../local/cloud.ts";
import { basicauth } from "../plugins/basicauth/index.ts";
import { createRequester } from "./cases.ts";

type SendRequest = ReturnType<typeof createRequester>;

/** Number of unused plugins. */
const PLUGIN_COUNT = 10;
/** Alternations between the two handlers. The first quarter is warm-up. */
const ROUND_COUNT = 40;
/** Requests per handler and round. */
const REQUESTS_PER_ROUND = 25;
/** Starts with and without the plugins each. */
const START_COUNT = 25;
const root = join(import.meta.dirname, "..");

/** Creates a plugin with parts of most kinds. None of them runs in the measured requests. */
const createUnusedPlugin = (number: number): Plugin => {
  const name = `unused-${number}`;
  return definePlugin({
    name,
    about: "Is not used.",
    interfaces: [defineInterface(`${name}-interface`)],
    hookPoints: [
      defineHookPoint<{ n: number }>({
        name: `${name}.point`,
        about: "Is never run.",
        params: { n: "A number." },
        veto: false,
      }),
    ],
    setup: () => ({ number }),
    resources: { [`unused${number}`]: { about: "An unused resource." } },
    listeners: { listen: { on: ["record.create"], collections: () => ["elsewhere"], run: () => {} } },
    hooks: {
      before: { refuse: { on: ["record.create"], collections: () => ["elsewhere"], run: () => undefined } },
      after: { observe: { on: ["record.create"], collections: () => ["elsewhere"], run: () => undefined } },
    },
    routes: { [`GET /unused/${number}`]: { about: "Is never requested.", run: () => jsonResponse(number) } },
    renderers: {
      odd: {
        types: [`application/x-unused-${number}`],
        about: "Is never requested.",
        render: ({ body }) => JSON.stringify(body),
      },
    },
    actions: { [`act${number}`]: { about: "Is never run.", on: ["bucket"], run: () => number } },
    schedules: { never: { about: "Is never due.", cron: () => undefined, run: () => undefined } },
  })();
};

const median = (numbers: readonly number[]): number =>
  numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0;

/** Measures the same requests with two handlers on one table, in alternation. */
const measureRequests = async (): Promise<void> => {
  const plugins = Array.from({ length: PLUGIN_COUNT }, (_, number) => createUnusedPlugin(number));
  const [bare, full] = [readConfig({ plugins: [basicauth()] }), readConfig({ plugins: [basicauth(), ...plugins] })];
  const cloud = await startCloud({ config: full, port: 0 });
  const apis = await Promise.all([bare, full].map((config) => createApi({ ...cloud.options, config })));
  const clients = apis.map((api) => createRequester(apiHandler(api)));
  const [first] = clients as [SendRequest];
  await first("PUT", "/buckets/bench");
  await first("PUT", "/buckets/bench/collections/notes");
  await first("PUT", "/buckets/bench/collections/notes/records/one", '{"data":{"n":1}}');
  const cases = {
    get: (send: SendRequest) => send("GET", "/buckets/bench/collections/notes/records/one"),
    create: (send: SendRequest) => send("POST", "/buckets/bench/collections/notes/records", '{"data":{"n":2}}'),
  };
  for (const [name, run] of Object.entries(cases)) {
    const times: [number[], number[]] = [[], []];
    for (let round = 0; round < ROUND_COUNT; round++) {
      for (const turn of round % 2 === 0 ? [0, 1] : [1, 0]) {
        const startedAt = performance.now();
        for (let i = 0; i < REQUESTS_PER_ROUND; i++) await run(clients[turn] as SendRequest);
        times[turn as 0 | 1].push((performance.now() - startedAt) / REQUESTS_PER_ROUND);
      }
    }
    const [without = 0, withAll = 0] = times.map((all) => median(all.slice(ROUND_COUNT / 4)));
    console.log(
      `${name}: ${without.toFixed(3)} ms without, ${withAll.toFixed(3)} ms with ${PLUGIN_COUNT} unused plugins:`,
      `×${(withAll / without).toFixed(3)}`,
    );
  }
  await Promise.all(apis.map((api) => api.close()));
  await cloud.close();
};

/** Measures the start of the api bundle with and without the plugins, in alternation. */
const measureStarts = async (): Promise<void> => {
  const folder = mkdtempSync(join(tmpdir(), "kintoun-bench-"));
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
  const source = `import * as z from "zod";
import { definePlugin, jsonResponse } from "@kintoun/kit";
export const make = (number) => definePlugin({
  name: "unused-" + number,
  about: "Is not used.",
  config: z.strictObject({ text: z.string().default("a"), list: z.array(z.string()).default([]) }).default({ text: "a", list: [] }),
  setup: async () => ({ heavy: () => import("node:crypto") }),
  listeners: { listen: { on: ["record.create"], run: () => {} } },
  routes: { ["GET /unused/" + number]: { about: "Is never requested.", run: () => jsonResponse(number) } },
});`;
  const times: Record<string, number[]> = { alone: [], full: [] };
  for (const kind of ["alone", "full"]) {
    // The baseline has one plugin, because the first plugin also loads the code that all plugins share.
    const numbers = Array.from({ length: kind === "full" ? PLUGIN_COUNT + 1 : 1 }, (_, number) => number);
    for (const number of numbers) writeFileSync(join(folder, `plugin-${number}.ts`), source);
    writeFileSync(
      join(folder, `${kind}.ts`),
      `import { readConfig } from "${root}/config/config.ts";
import { apiHandler, createApi } from "${root}/functions/api/app.ts";
${numbers.map((number) => `import { make as make${number} } from "./plugin-${number}.ts";`).join("\n")}
const config = readConfig({ plugins: [${numbers.map((number) => `make${number}(${number})()`).join(", ")}] });
const dynamodb = { region: "us-east-1", credentials: { accessKeyId: "none", secretAccessKey: "none" } };
export const handler = apiHandler(await createApi({ config, location: { table: "none", queues: {} }, cloud: { dynamodb } }));
process.stdout.write(String(performance.now()));
process.exit(0);`,
    );
    await build({
      ...LAMBDA_BUILD_OPTIONS,
      entryPoints: { [kind]: join(folder, `${kind}.ts`) },
      outdir: join(folder, "out"),
    });
  }
  for (let turn = 0; turn < 2 * START_COUNT; turn++) {
    const kind = turn % 2 === 0 ? "alone" : "full";
    const { stdout, stderr } = spawnSync(process.execPath, [join(folder, "out", `${kind}.mjs`)], {
      encoding: "utf8",
    });
    if (stdout === "") throw new Error(stderr);
    times[kind]?.push(Number(stdout));
  }
  rmSync(folder, { recursive: true });
  const [alone, full] = [median(times.alone ?? []), median(times.full ?? [])];
  console.log(
    `start: ${alone.toFixed(1)} ms with one plugin, ${full.toFixed(1)} ms with ${PLUGIN_COUNT} more:`,
    `${((full - alone) / PLUGIN_COUNT).toFixed(2)} ms per plugin`,
  );
};

await measureStarts();
await measureRequests();
