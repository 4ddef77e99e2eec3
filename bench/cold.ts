/**
 * Measures cold starts: each function's bundle in a fresh process of Node until its first answer, in turns with a bare
 * handler that has the same clients of the AWS SDK.
 *
 * npm run bench:cold -- [--runs N] [--plugins NAME,NAME]
 *
 * --plugins: the active plugins, as in KINTOUN_PLUGINS; those of the config when absent
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { build } from "esbuild";
import { readConfig } from "../config/config.ts";
import { toLocationVariables } from "../config/store-location.ts";
import { bundleFunctions, type FunctionName, LAMBDA_BUILD_OPTIONS } from "../infra/bundle.ts";
import kintounConfig from "../kintoun.config.ts";
import { describeMachine } from "./server.ts";

const { values } = parseArgs({ options: { runs: { type: "string", default: "15" }, plugins: { type: "string" } } });

const httpEvent = (path: string) => ({
  version: "2.0",
  rawPath: path,
  rawQueryString: "",
  headers: { host: "localhost" },
  requestContext: { requestId: "cold", http: { method: "GET", path } },
  isBase64Encoded: false,
});

/** The clients of each function, and an event that it answers without a call to AWS. */
const FUNCTIONS: Readonly<
  Record<Exclude<FunctionName, "commands">, { readonly clients: readonly string[]; readonly event: object }>
> = {
  api: { clients: ["dynamodb:DynamoDBClient"], event: httpEvent("/v1/") },
  search: { clients: ["dynamodb:DynamoDBClient"], event: httpEvent("/v1/nowhere") },
  dispatch: { clients: ["sqs:SQSClient"], event: { Records: [] } },
  worker: { clients: ["dynamodb:DynamoDBClient", "sqs:SQSClient"], event: { Records: [] } },
};

/** Calls the handler once, prints what it took, and ends without waiting for connections. */
const CALL = `
const { handler } = await import(process.argv[1]);
await handler(JSON.parse(process.argv[2]), {});
const { user, system } = process.cpuUsage();
const { maxRSS } = process.resourceUsage();
const figures = { cpuMs: (user + system) / 1000, memoryMb: maxRSS / 1024 };
process.stdout.write(JSON.stringify(figures), () => process.exit(0));
`;

const bundleBare = async (outdir: string, clients: readonly string[]): Promise<string> => {
  const named = clients.map((client) => client.split(":") as [string, string]);
  const contents = `
    ${named.map(([service, name]) => `import { ${name} } from "@aws-sdk/client-${service}";`).join("\n")}
    const clients = [${named.map(([, name]) => `new ${name}({})`).join(", ")}];
    export const handler = async () => ({ statusCode: clients.length === 0 ? 500 : 200 });
  `;
  await build({
    ...LAMBDA_BUILD_OPTIONS,
    stdin: { contents, resolveDir: import.meta.dirname, sourcefile: "main.ts", loader: "ts" },
    entryNames: "main",
    outdir,
  });
  return outdir;
};

const env = {
  POWERTOOLS_SERVICE_NAME: "store",
  AWS_REGION: "eu-central-1",
  AWS_ACCESS_KEY_ID: "none",
  AWS_SECRET_ACCESS_KEY: "none",
  ...toLocationVariables({
    table: "none",
    queues: "https://sqs.eu-central-1.amazonaws.com/1/Kintoun-",
    listener: "store-purge",
  }),
};

interface Start {
  readonly ms: number;
  /** Hardly depends on what else the machine does. */
  readonly cpuMs: number;
  /** The largest amount of memory. */
  readonly memoryMb: number;
}

const start = (folder: string, event: object): Start => {
  const before = performance.now();
  const args = ["--input-type=module", "-e", CALL, join(folder, "main.mjs"), JSON.stringify(event)];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { env, encoding: "utf8" });
  if (status !== 0) throw new Error(`${folder} ended with status ${status}: ${stderr}`);
  return { ms: performance.now() - before, ...(JSON.parse(stdout) as Omit<Start, "ms">) };
};

const median = (numbers: readonly number[]): number => numbers.toSorted((a, b) => a - b)[numbers.length >> 1] ?? 0;

const outdir = mkdtempSync(join(tmpdir(), "kintoun-cold-"));
try {
  const folders = await bundleFunctions(
    outdir,
    readConfig(kintounConfig, { plugins: values.plugins?.split(",") }, { isDeployed: true }),
  );
  console.log(`${describeMachine()}, ${values.runs} starts each\n`);
  console.log("| function | first answer ms | bare handler | ratio | CPU ms | bare handler | ratio | memory MB |");
  console.log("|---|---|---|---|---|---|---|---|");
  for (const [name, { clients, event }] of Object.entries(FUNCTIONS) as [FunctionName, (typeof FUNCTIONS)["api"]][]) {
    const bare = await bundleBare(join(outdir, "bare", name), clients);
    const starts: { own: Start; bare: Start }[] = [];
    for (let run = 0; run < Number(values.runs); run++)
      starts.push({ own: start(folders[name], event), bare: start(bare, event) });
    const cells = (["ms", "cpuMs"] as const).flatMap((field) => {
      const [own, other] = [median(starts.map((one) => one.own[field])), median(starts.map((one) => one.bare[field]))];
      return [own.toFixed(0), other.toFixed(0), (own / other).toFixed(2)];
    });
    const memoryMb = median(starts.map((one) => one.own.memoryMb));
    console.log(`| ${name} | ${cells.join(" | ")} | ${memoryMb.toFixed(0)} |`);
  }
} finally {
  rmSync(outdir, { recursive: true, force: true });
}
