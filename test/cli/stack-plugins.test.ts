import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { findRunningCloud } from "../../local/running-cloud.ts";
import { waitUntil } from "../wait-until.ts";
import { addToConfig, cleanClone } from "./clean-clone.ts";
import { startCloudFormation } from "./cloud-formation.ts";
import { runCommand } from "./run-command.ts";
import { AUTHORIZATION, type Started, startedKintoun } from "./start-kintoun.ts";

const LIBRARY = `import { appendFileSync } from "node:fs";
import { definePlugin, need } from "@kintoun/kit";
import * as z from "zod";

export const library = definePlugin({
  name: "library",
  about: "Keeps books.",
  needs: () => ({ data: need.data({ "bucket:create": ["/"] }) }),
  setup: ({ resources }) => resources,
  commands: {
    shelve: {
      about: "Adds a book to the library.",
      flags: z.strictObject({ title: z.string() }),
      run: async ({ flags: { title }, print }, { services: { data } }) => {
        await data.create("/buckets", { data: { id: title } });
        for await (const { id } of data.list("/buckets")) print(String(id));
      },
    },
    wait: {
      about: "Waits until it is stopped.",
      run: ({ print, signal }) =>
        new Promise((_, reject) => {
          signal.addEventListener("abort", () => reject(signal.reason));
          print("waiting");
        }),
    },
  },
  inbound: {
    bought: {
      about: "Receives sold books.",
      from: need.events({ source: ["shop"] }),
      run: ({ type, detail }) => appendFileSync("bought.txt", type + " " + JSON.stringify(detail) + "\\n"),
    },
  },
});
`;
let clone: string;
let started: Started;
let cloudFormation: Awaited<ReturnType<typeof startCloudFormation>>;
let variables: Record<string, string>;

beforeAll(async () => {
  clone = await cleanClone();
  const file = join(clone, "plugins/library/index.ts");
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, LIBRARY);
  await addToConfig(clone, 'import { library } from "./plugins/library/index.ts";', "library()");
  started = await startedKintoun(["--port", "0", "--data", "there"], {}, clone);
  const running = findRunningCloud(join(clone, "there"));
  if (running === undefined) throw new Error("It does not run");
  const { table, cloud } = running;
  cloudFormation = await startCloudFormation(new Map([["TableName", table]]));
  variables = {
    AWS_REGION: "us-east-1",
    AWS_ACCESS_KEY_ID: "here",
    AWS_SECRET_ACCESS_KEY: "here",
    AWS_ENDPOINT_URL_CLOUDFORMATION: cloudFormation.url,
    AWS_ENDPOINT_URL_DYNAMODB: String(cloud.dynamodb?.endpoint),
    AWS_ENDPOINT_URL_EVENTBRIDGE: String(cloud.eventbridge?.endpoint),
  };
}, 120_000);
afterAll(async () => {
  await started.end("SIGTERM");
  cloudFormation.close();
  await rm(dirname(clone), { recursive: true });
});

const kintoun = (args: string) => runCommand(`timeout 60 node cli/main.ts ${args}`, clone, variables);

describe("kintoun --stack with plugins", () => {
  it("runs a plugin's command on the table of the stack", async () => {
    const { code, stdout, stderr } = await kintoun("run library shelve --title Emma --stack Kintoun");
    const { status } = await fetch(`${started.url}/buckets/Emma`, {
      headers: { authorization: AUTHORIZATION },
    });

    expect({ code, stdout, stderr, status }).toEqual({ code: 0, stdout: "Emma\n", stderr: "", status: 403 });
  });

  it("puts an event on the bus, which an inbound part receives", async () => {
    const { code, stdout } = await kintoun(
      `events put --source shop --type book.bought --detail '{"title": "Emma"}' --stack Kintoun`,
    );
    const bought = () => readFile(join(clone, "bought.txt"), "utf8").catch(() => "");
    await waitUntil("it is received", async () => (await bought()) !== "");

    expect([code, stdout, await bought()]).toEqual([
      0,
      "Put the event on the bus 'default' of the stack Kintoun.\n",
      'book.bought {"title":"Emma"}\n',
    ]);
  });

  it.each([
    ["run library shelve --title Emma --stack Nowhere", "Stack with id Nowhere does not exist"],
    [
      "events put --source shop --type sold --detail '[]' --stack Kintoun",
      "--detail must be a JSON object, for example",
    ],
    ["events put --source shop --detail '{}'", "required option '--type <name>' not specified"],
    [
      "events put --source shop --type sold --detail '{}' --endpoint http://127.0.0.1:1",
      "--endpoint names an SQS endpoint, which has no buses",
    ],
  ])("kintoun %s exits with 1 and a message without a stack trace", async (args, message) => {
    const { code, stderr } = await kintoun(args);

    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining(message) });
    expect(stderr).not.toMatch(/^ +at /m);
  });

  it.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)("exits with the code of the signal when a command is stopped by %s", async (signal, code) => {
    const env = { ...process.env, ...variables };
    const waiting = spawn(process.execPath, ["cli/main.ts", "run", "library", "wait", "--stack", "Kintoun"], {
      cwd: clone,
      env,
    });
    waiting.stdout.once("data", () => waiting.kill(signal));
    const [ended] = await once(waiting, "exit");

    expect(ended).toBe(code);
  });
});
