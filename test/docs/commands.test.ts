/** @slow */

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { findRunningCloud } from "../../local/running-cloud.ts";
import { kintoun } from "../cli/operate.ts";
import { AUTHORIZATION, type Started, startedKintoun } from "../cli/start-kintoun.ts";

const page = readFileSync(join(import.meta.dirname, "../../docs/operations/commands.md"), "utf8");
/** Each command of the page, and its output if the page shows it. */
const examples = [...page.matchAll(/```sh\nnpm run -s kintoun -- (.*)\n```\n(?:```\n([\s\S]*?)\n```)?/g)].map(
  ([, command = "", output]) => ({ command, output }),
);

const folder = mkdtempSync(join(tmpdir(), "kintoun-commands-"));
const STANDALONE = { KINTOUN_STANDALONE: "email-notify" };
let started: Started;

beforeAll(async () => {
  started = await startedKintoun(["--port", "0", "--data", folder], STANDALONE);
  for (const [path, data] of [
    ["/buckets/blog"],
    ["/buckets/blog/collections/posts"],
    ["/buckets/blog/collections/posts/records/one", { title: "Hello" }],
  ] as const) {
    const headers = {
      authorization: AUTHORIZATION,
      "content-type": "application/json",
    };
    await fetch(`${started.url}${path}`, { method: "PUT", headers, body: JSON.stringify({ data: data ?? {} }) });
  }
}, 30_000);
afterAll(async () => {
  await started.end("SIGTERM");
  rmSync(folder, { recursive: true, force: true });
});

/** Puts a message into the dead-letter queue, as a worker does. */
const sendDeadLetter = async () => {
  const { queues = {}, cloud } = findRunningCloud(folder) ?? {};
  const sqs = new SQSClient(cloud?.sqs ?? {});
  const event = { id: "e", action: "create", uri: "/buckets/blog/collections/posts/records/one" };
  const text = (StringValue: string) => ({ DataType: "String", StringValue });
  await sqs.send(
    new SendMessageCommand({
      QueueUrl: queues["email-notify-dead"],
      MessageBody: JSON.stringify({ event, impacted_records: [{ new: {} }] }),
      MessageAttributes: {
        error: text("Error: connect ECONNREFUSED 127.0.0.1:25"),
        attempts: text("5"),
        failed_at: text("2030-01-31T12:00:00.000Z"),
      },
    }),
  );
  sqs.destroy();
};

/** Matches a line with any number, time, id and worker. */
const toPattern = (line: string): RegExp =>
  new RegExp(
    `^${line
      .replace(/[.*+?^${}()|[\]\\]/g, "\\$&")
      .replace(/(standalone|function) +/g, "(standalone|function) ")
      .replace(/\d{4}-\d\d-\d\dT[\d:]+\\\.\d+Z/g, "\\S+")
      .replace(/:[0-9a-f]+…/, ":[0-9a-f]+")
      .replace(/(\s)\d+s$/, "$1(\\d+s|-)")
      .replace(/\d+/g, "\\d+")
      .replace(/ +/g, " +")}$`,
  );

describe("docs/operations/commands.md", () => {
  it("shows commands that print what the page says", async () => {
    await sendDeadLetter();
    expect(examples.length).toBeGreaterThanOrEqual(9);
    for (const { command, output } of examples) {
      // Commands without an end are stopped. One that shows changes starts in the past.
      const isEndless = /^events (tail|watch)/.test(command);
      const options = `${command.startsWith("events tail") ? " --since 1h" : ""}${command === "workers" ? "" : ` --data ${folder}`}`;
      const { code, stdout, stderr } = await kintoun(command + options, STANDALONE, isEndless ? 6 : 60);
      expect({ command, code, stderr: code === 0 ? "" : stderr }).toEqual({ command, code: 0, stderr: "" });
      for (const line of output?.split("\n") ?? [])
        expect(stdout.split("\n")).toContainEqual(expect.stringMatching(toPattern(line)));
    }
  }, 120_000);
});
