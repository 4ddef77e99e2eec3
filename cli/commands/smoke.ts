import { randomBytes } from "node:crypto";
import type { Command } from "commander";
import { UserError } from "../../config/user-error.ts";
import type { SmokeReport } from "../../operations/smoke/run-smoke.ts";
import { addStoreOptions, createCommand, parseText, parseUrl, readStoreTarget, type StoreOptions } from "../options.ts";
import { signUp } from "../sign-up.ts";

interface SmokeOptions extends StoreOptions {
  readonly url?: string;
  readonly authorization?: string;
  readonly json?: boolean;
}

export const smokeCommand = (): Command =>
  addStoreOptions(
    createCommand(
      "smoke",
      "Check behaviors that only a running store shows. Creates buckets named smoke-… and removes them; costs less than 0.01 USD in AWS.",
    ),
  )
    .option("--url <url>", "URL of the API; that of the stack or of the running store if left out", parseUrl)
    .option(
      "--authorization <header>",
      'header of a user who may create buckets, for example "Bearer abc"; a new account if left out',
      parseText,
    )
    .option("--json", "print JSON")
    .action(runSmokeCommand);

const runSmokeCommand = async (options: SmokeOptions): Promise<void> => {
  const target = readStoreTarget(options);
  const [{ loadConfig }, { connect }, { commandLog, print, printNotice }, { runUntilDone }, smoke] = await Promise.all([
    import("../../config/load-config.ts"),
    import("../connect.ts"),
    import("../output.ts"),
    import("../run-process.ts"),
    import("../../operations/smoke/run-smoke.ts"),
  ]);
  const config = await loadConfig({ isDeployed: target.kind === "stack" });
  await runUntilDone(async (signal) => {
    const store = await connect({ config, target, queues: [], log: commandLog });
    const reports: SmokeReport[] = [];
    try {
      const url = options.url ?? store.url;
      if (url === undefined)
        throw new UserError([
          `The URL of ${store.description} is unknown: no store runs there. Start it, or add --url.`,
        ]);
      const base = url.replace(/\/$/, "");
      const { appOptions, isRemote } = store;
      const { requests, left } = await smoke.runSmoke(
        {
          url: base,
          table: appOptions.location.table,
          dynamodb: appOptions.cloud.dynamodb ?? {},
          authorization: options.authorization ?? (await signUp(base, createUser())),
          isRemote,
          signal,
        },
        (report) => {
          reports.push(report);
          if (!options.json) print(formatReport(report));
        },
      );
      const cost = smoke.estimateCostUsd(requests);
      if (options.json) print(JSON.stringify({ checks: reports, requests, max_cost_usd: cost, left }, null, 2));
      else print(`${requests} requests${isRemote ? `, at most ${cost.toFixed(4)} USD` : ""}.`);
      for (const uri of left) printNotice(`${uri} could not be removed. Remove it with DELETE.`);
    } finally {
      await store.close();
    }
    const failed = reports.filter(({ result }) => result === "failed").map(({ name }) => name);
    if (failed.length > 0)
      throw new UserError([`${failed.length} of ${reports.length} checks failed: ${failed.join(", ")}.`]);
  });
};

/** A user that does not exist yet. */
const createUser = () => ({ id: `smoke-${randomBytes(8).toString("hex")}`, password: randomBytes(16).toString("hex") });

const formatReport = (report: SmokeReport): string =>
  [
    `${report.result.padEnd(7)}  ${report.name}`,
    `         expected: ${report.expected}`,
    `         seen:     ${report.seen}`,
    ...(report.result === "failed" ? [`         do:       ${report.advice}`] : []),
  ].join("\n");
