import { type AppOptions, closeApp, createAppContext } from "../../app/create-app-context.ts";
import { VERSION } from "../../app/version.ts";
import type { Finding } from "../../config/finding.ts";
import { inspectClock } from "../../core/store/repair-clock.ts";
import { isObject } from "../../lib/json.ts";
import type { QueueReport } from "../queue-report.ts";

/** Older messages wait for something that does not work. */
const MAX_AGE_SECONDS = 15 * 60;
const MAX_SKEW_MS = { warning: 5000, error: 60_000 };
const TIMEOUT_MS = 35_000;

/** Finds messages that failed, or that no worker handles. */
export const examineQueues = (reports: readonly QueueReport[]): readonly Finding[] =>
  reports.flatMap(({ name, dead, waiting, oldest }): Finding[] => {
    const check = `queue ${name}`;
    const isFailures = dead === null;
    return [
      ...(isFailures && waiting > 0
        ? [
            {
              severity: "error" as const,
              check,
              message: `${waiting} changes were not sent to the queues of their listeners.`,
              action: "See docs/operations/runbook.md#dispatch-failures-is-not-empty.",
            },
          ]
        : []),
      ...(dead !== null && dead > 0
        ? [
            {
              severity: "warning" as const,
              check,
              message: `${dead} messages failed after all tries.`,
              action: `Look at them: kintoun queues dead-letters ${name}. Then: kintoun queues redrive ${name}`,
            },
          ]
        : []),
      ...(!isFailures && oldest !== null && oldest > MAX_AGE_SECONDS
        ? [
            {
              severity: "warning" as const,
              check,
              message: `The oldest of ${waiting} messages has been waiting for ${Math.round(oldest / 60)} minutes.`,
              action: "Look at the log of its worker, and whether it runs: kintoun workers",
            },
          ]
        : []),
    ];
  });

/** Reads the table and its clocks as this process can. */
export const examineStore = async (appOptions: AppOptions): Promise<readonly Finding[]> => {
  const app = createAppContext(appOptions);
  try {
    await app.store.ping({ writes: false });
    const findings: Finding[] = [];
    for (const list of app.config.resources.top) {
      const report = await inspectClock(app.transactions, list);
      if (report?.isAhead)
        findings.push({
          severity: "warning",
          check: "timestamps",
          message: `The timestamp of ${list.uri} is more than a day ahead of the clock.`,
          action: `Set it back: kintoun lists repair-timestamp ${list.uri}`,
        });
    }
    return findings;
  } finally {
    await closeApp(app);
  }
};

/** Asks the API itself: its own checks run with the rights that the functions have. @param url with `/v1` */
export const examineApi = async (url: string, now: () => number = Date.now): Promise<readonly Finding[]> => {
  const startedAt = now();
  const [root, heartbeat] = await Promise.all([send(`${url}/`), send(`${url}/__heartbeat__`)]);
  if (root === undefined || heartbeat === undefined)
    return [
      {
        severity: "error",
        check: "API",
        message: `${url} does not answer.`,
        action: "Check that the store runs, and that this machine reaches it.",
      },
    ];
  const failed = Object.entries(heartbeat.body).filter(([, isFine]) => isFine === false);
  const { project_version: version } = root.body;
  const elapsed = now() - startedAt;
  const serverTime = Date.parse(root.date ?? "");
  // The header has whole seconds, and the response took its time.
  const skew = Math.max(0, Math.abs(serverTime + 500 - startedAt) - elapsed - 1000);
  return [
    ...failed.map(
      ([name]): Finding => ({
        severity: "error",
        check: `heartbeat ${name}`,
        message: `The functions cannot use the ${name}.`,
        action: "Look at the log of the function api. After a change of roles or resources, deploy the stack again.",
      }),
    ),
    ...(heartbeat.status === 200 || failed.length > 0
      ? []
      : [
          {
            severity: "error" as const,
            check: "heartbeat",
            message: `The heartbeat answers ${heartbeat.status}.`,
            action: "Look at the log of the function api.",
          },
        ]),
    ...(skew > MAX_SKEW_MS.warning
      ? [
          {
            severity: skew > MAX_SKEW_MS.error ? ("error" as const) : ("warning" as const),
            check: "clock",
            message: `The clocks of this machine and of the store differ by ${Math.round(skew / 1000)} s.`,
            action: "Synchronize the clock of this machine. Imports keep timestamps of at most a day in the future.",
          },
        ]
      : []),
    ...(typeof version === "string" && version !== VERSION
      ? [
          {
            severity: "warning" as const,
            check: "version",
            message: `The store runs ${version}, and this command is version ${VERSION}.`,
            action: "Use the same version for both: deploy again, or update this checkout.",
          },
        ]
      : []),
  ];
};

const send = async (url: string) => {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
    const body: unknown = await response.json();
    return { status: response.status, date: response.headers.get("date"), body: isObject(body) ? body : {} };
  } catch {
    return undefined;
  }
};
