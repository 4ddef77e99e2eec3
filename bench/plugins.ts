// npm run bench:plugins   Cost of installed, unused plugins per request and per start of the api function.
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

type Ask = ReturnType<typeof createRequester>;

const PLUGINS = 10;
const ROUNDS = 40;
const STARTS = 25;
const root = join(import.meta.dirname, "..");

/** A plugin with every kind of part that does not run on each request. */
const unused = (number: number): Plugin => {
  const name = `unused-${number}`;
  return definePlugin({
    name,
    about: "Is not used.",
    interfaces: [defineInterface(`${name}-interface`)],
    hookPoints: [
      defineHookPoint<{ n: number }>({
        name: `${name}.point`,
        about: "Never.",
        params: { n: "A number." },
        veto: false,
      }),
    ],
    setup: () => ({ number }),
    resources: { [`thing${number}`]: { about: "A thing." } },
    listeners: { hear: { on: ["record.create"], collections: () => ["elsewhere"], run: () => {} } },
    hooks: {
      before: { refuse: { on: ["record.create"], collections: () => ["elsewhere"], run: () => undefined } },
      after: { tell: { on: ["record.create"], collections: () => ["elsewhere"], run: () => undefined } },
    },
    routes: { [`GET /unused/${number}`]: { about: "Is never asked.", run: () => jsonResponse(number) } },
    renderers: {
      odd: {
        types: [`application/x-unused-${number}`],
        about: "Is never asked for.",
        render: ({ body }) => JSON.stringify(body),
      },
    },
    actions: { [`act${number}`]: { about: "Is never done.", on: ["bucket"], run: () => number } },
    schedules: { never: { about: "Never comes.", cron: () => undefined, run: () => undefined } },
  })();
};

const median = (numbers: readonly number[]): number =>
  numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0;

/** Measures the same requests with two handlers on one table, alternately. */
const requests = async (): Promise<void> => {
  const plugins = Array.from({ length: PLUGINS }, (_, number) => unused(number));
  const [bare, full] = [readConfig({ plugins: [basicauth()] }), readConfig({ plugins: [basicauth(), ...plugins] })];
  const cloud = await startCloud({ config: full, port: 0 });
  const apis = await Promise.all([bare, full].map((config) => createApi({ ...cloud.options, config })));
  const askers = apis.map((api) => createRequester(apiHandler(api)));
  const [first] = askers as [Ask];
  await first("PUT", "/buckets/bench");
  await first("PUT", "/buckets/bench/collections/notes");
  await first("PUT", "/buckets/bench/collections/notes/records/one", '{"data":{"n":1}}');
  const cases = {
    get: (ask: Ask) => ask("GET", "/buckets/bench/collections/notes/records/one"),
    create: (ask: Ask) => ask("POST", "/buckets/bench/collections/notes/records", '{"data":{"n":2}}'),
  };
  for (const [name, run] of Object.entries(cases)) {
    const times: [number[], number[]] = [[], []];
    for (let round = 0; round < ROUNDS; round++) {
      for (const turn of round % 2 === 0 ? [0, 1] : [1, 0]) {
        const began = performance.now();
        for (let i = 0; i < 25; i++) await run(askers[turn] as Ask);
        times[turn as 0 | 1].push((performance.now() - began) / 25);
      }
    }
    const [without, withAll] = times.map((all) => median(all.slice(ROUNDS / 4)));
    console.log(
      `${name}: ${without?.toFixed(3)} ms alone, ${withAll?.toFixed(3)} ms with ${PLUGINS} plugins: ×${((withAll ?? 0) / (without ?? 1)).toFixed(3)}`,
    );
  }
  await Promise.all(apis.map((api) => api.close()));
  await cloud.close();
};

/** Measures the start of the api bundle with and without the plugins, alternately. */
const starts = async (): Promise<void> => {
  const folder = mkdtempSync(join(tmpdir(), "kintoun-bench-"));
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
  const source = `import * as z from "zod";
import { definePlugin, jsonResponse } from "@kintoun/kit";
export const make = (number) => definePlugin({
  name: "unused-" + number,
  about: "Is not used.",
  config: z.strictObject({ text: z.string().default("a"), list: z.array(z.string()).default([]) }).default({ text: "a", list: [] }),
  setup: async () => ({ heavy: () => import("node:crypto") }),
  listeners: { hear: { on: ["record.create"], run: () => {} } },
  routes: { ["GET /unused/" + number]: { about: "Is never asked.", run: () => jsonResponse(number) } },
});`;
  const times: Record<string, number[]> = { alone: [], full: [] };
  for (const kind of ["alone", "full"]) {
    // No store is without any: the first one pays for what all plugins are read with.
    const numbers = Array.from({ length: kind === "full" ? PLUGINS + 1 : 1 }, (_, number) => number);
    for (const number of numbers) writeFileSync(join(folder, `plugin-${number}.ts`), source);
    writeFileSync(
      join(folder, `${kind}.ts`),
      `import { openApi } from "${root}/app/api.ts";
import { readConfig } from "${root}/config/config.ts";
import { apiHandler } from "${root}/functions/api/app.ts";
${numbers.map((number) => `import { make as make${number} } from "./plugin-${number}.ts";`).join("\n")}
const config = readConfig({ plugins: [${numbers.map((number) => `make${number}(${number})()`).join(", ")}] });
export const handler = apiHandler(await createApi({ config, place: { table: "none", queues: {} } }));
process.stdout.write(String(performance.now()));
process.exit(0);`,
    );
    await build({
      ...LAMBDA_BUILD_OPTIONS,
      entryPoints: { [kind]: join(folder, `${kind}.ts`) },
      outdir: join(folder, "out"),
    });
  }
  for (let turn = 0; turn < 2 * STARTS; turn++) {
    const kind = turn % 2 === 0 ? "alone" : "full";
    const { stdout, stderr } = spawnSync(process.execPath, [join(folder, "out", `${kind}.mjs`)], {
      encoding: "utf8",
      env: { ...process.env, AWS_REGION: "us-east-1" },
    });
    if (stdout === "") throw new Error(stderr);
    times[kind]?.push(Number(stdout));
  }
  rmSync(folder, { recursive: true });
  const [alone, full] = [median(times.alone ?? []), median(times.full ?? [])];
  console.log(
    `start: ${alone.toFixed(1)} ms with one, ${full.toFixed(1)} ms with ${PLUGINS} plugins more: ${((full - alone) / PLUGINS).toFixed(2)} ms each`,
  );
};

await starts();
await requests();
