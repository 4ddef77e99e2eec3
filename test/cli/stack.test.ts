/** @slow */

import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { json } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { queueOutputName } from "../../config/queues.ts";
import { findRunningCloud } from "../../local/running-cloud.ts";
import { startCloudFormation } from "./cloud-formation.ts";
import { kintoun } from "./operate.ts";
import { AUTHORIZATION, type Started, startedKintoun } from "./start-kintoun.ts";

const folder = mkdtempSync(join(tmpdir(), "kintoun-stack-"));
/** Search and mail are not deployed unless they are named. */
const PLUGINS = "basicauth,default-bucket,search,email";
const NAMES = ["store-purge", "search-index", "search-jobs", "search-jobs", "email-notify", "dispatch-failures"];
const outputs = new Map<string, string>();
/** Answers like CloudWatch: with an age for `email-notify` and without values for other queues. */
const cloudWatch = createServer((request, response) => {
  void json(request).then((body) => {
    const { MetricDataQueries } = body as {
      MetricDataQueries: { Id: string; MetricStat: { Metric: { Dimensions: { Value: string }[] } } }[];
    };
    const valuesOf = (queue: string | undefined) => (queue === "kintoun-email-notify" ? [90, 30] : []);
    const MetricDataResults = MetricDataQueries.map(({ Id, MetricStat }) => ({
      Id,
      Values: valuesOf(MetricStat.Metric.Dimensions[0]?.Value),
    }));
    response.end(JSON.stringify({ MetricDataResults }));
  });
});
let started: Started;
let cloudFormation: Awaited<ReturnType<typeof startCloudFormation>>;
let variables: Record<string, string>;

beforeAll(async () => {
  cloudFormation = await startCloudFormation(outputs);
  cloudWatch.listen(0, "127.0.0.1");
  await once(cloudWatch, "listening");
  started = await startedKintoun(["--port", "0", "--data", folder], {
    KINTOUN_STANDALONE: "email-notify",
    KINTOUN_PLUGINS: PLUGINS,
  });
  const running = findRunningCloud(folder);
  if (running === undefined) throw new Error("The store does not run");
  outputs.set("TableName", running.table);
  for (const name of NAMES) outputs.set(queueOutputName(name), running.queues[name] ?? "");
  variables = {
    KINTOUN_PLUGINS: PLUGINS,
    AWS_REGION: "us-east-1",
    AWS_ACCESS_KEY_ID: "here",
    AWS_SECRET_ACCESS_KEY: "here",
    AWS_ENDPOINT_URL_CLOUDFORMATION: cloudFormation.url,
    AWS_ENDPOINT_URL_CLOUDWATCH: `http://127.0.0.1:${(cloudWatch.address() as AddressInfo).port}`,
    AWS_ENDPOINT_URL_SQS: String(running.cloud.sqs?.endpoint),
    AWS_ENDPOINT_URL_DYNAMODB: String(running.cloud.dynamodb?.endpoint),
    AWS_ENDPOINT_URL_DYNAMODB_STREAMS: String(running.cloud.dynamodb?.endpoint),
  };
  for (const path of [
    "/buckets/blog",
    "/buckets/blog/collections/posts",
    "/buckets/blog/collections/posts/records/one",
  ])
    await fetch(`${started.url}${path}`, {
      method: "PUT",
      headers: { authorization: AUTHORIZATION },
    });
});
afterAll(async () => {
  await started.end("SIGTERM");
  cloudFormation.close();
  cloudWatch.close();
  rmSync(folder, { recursive: true, force: true });
});

describe("kintoun --stack", () => {
  it("finds the table, the queues and the dead-letter queues by the name of the stack", async () => {
    const listed = await kintoun("queues --stack Kintoun", variables);
    const dead = await kintoun("queues dead-letters email-notify --stack Kintoun", variables);
    const redriven = await kintoun("queues redrive email-notify --stack Kintoun", variables);

    expect(listed.stdout).toMatch(/^queue +waiting +delayed +in flight +dead +oldest\n/);
    expect(listed.stdout).toMatch(/^email-notify +1 +0 +0 +0 +1m$/m);
    expect(listed.stdout).toMatch(/^store-purge +0 +0 +0 +0 +\?$/m);
    expect([dead.stdout, redriven.code, redriven.stderr]).toEqual([
      "The queue 'email-notify' has no dead letters.\n",
      0,
      expect.stringContaining("0 sent again"),
    ]);
  });

  it("tails events from the stream", async () => {
    const { stdout, stderr } = await kintoun("events tail --since 1h --on record.create --stack Kintoun", variables, 6);

    expect(stdout).toMatch(
      /^\S+ {2}record\.create {6}\/buckets\/blog\/collections\/posts\/records\/one {2}by basicauth:\w+\n$/,
    );
    expect(stderr).toContain("Following the stack Kintoun.");
  });

  it("replays objects to a listener", async () => {
    const replayed = await kintoun("events replay --listener email-notify --yes --stack Kintoun", variables);
    const listed = await kintoun("queues --stack Kintoun", variables);

    expect([replayed.code, replayed.stdout]).toEqual([0, "Sent 1 events to the queue of 'email-notify'.\n"]);
    expect(listed.stdout).toMatch(/^email-notify +2 +0 +0 +0 +1m$/m);
  });

  it("works on a queue outside of AWS", async () => {
    const { code, stdout, stderr } = await kintoun("worker email-notify --once --stack Kintoun", {
      ...variables,
      KINTOUN_STANDALONE: "email-notify",
    });

    // In AWS it would be SES that mails: here nothing answers as that, and both are to be tried again.
    expect(stdout).toMatch(
      /^\S+ {2}retry {2}try 1 +\d+ ms {2}create \/buckets\/blog\/collections\/posts\/records\/one$/m,
    );
    expect([code, stderr]).toEqual([0, expect.stringContaining("Working on 'email-notify' of the stack Kintoun.")]);
    expect(stderr).toMatch(
      /^2 messages remain: delayed, or received by another worker\. The last retry is due at 20\S+Z\./m,
    );
  });

  it("fails without a region and says what to do", async () => {
    const { AWS_REGION: _, ...others } = variables;
    const { code, stderr } = await kintoun("queues --stack Kintoun", { ...others, AWS_CONFIG_FILE: "/dev/null" });

    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: "No AWS region is set. Set AWS_REGION, for example eu-central-1.\n",
    });
  });

  it.each([
    ["Nowhere", "Stack with id Nowhere does not exist\nCheck the region and the account"],
    [
      "Denied",
      "AccessDenied: User: arn:aws:iam::123456789012:user/ada is not authorized to perform: cloudformation:DescribeStacks\nGrant this permission to your role",
    ],
    [
      "Expired",
      "ExpiredToken: The security token included in the request is expired\nThe AWS credentials have expired. Log in again (aws sso login).\n",
    ],
    ["Bare", "The stack 'Bare' has no output TableName: it is not a stack of Kintoun"],
  ])("says what to do when the stack is not usable: %s", async (name, message) => {
    const { code, stderr } = await kintoun(`queues --stack ${name}`, variables);

    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining(message) });
    expect(stderr).not.toMatch(/^ +at /m);
  });
});
