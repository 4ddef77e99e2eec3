import { createHmac } from "node:crypto";
import { describe, expect, it } from "@jest/globals";
import { checkSignature, type SignedMessage } from "../../../plugins/console/client/pages/mail/check-signature.ts";
import { layoutFlow } from "../../../plugins/console/client/pages/overview/flow.ts";
import { describeCount, type QueueReport } from "../../../plugins/console/client/pages/overview/overview.ts";
import { describeChain, type ExplainedGrant } from "../../../plugins/console/client/pages/users/explanation.ts";

describe("checkSignature", () => {
  const now = 1796000000_000;
  const key = Buffer.from("a secret of a webhook");
  const message: SignedMessage = {
    id: "m1",
    timestamp: "1796000000",
    body: '{"type":"ping"}',
    secret: `whsec_${key.toString("base64")}`,
    signatures: "",
  };
  const sign = ({ id, timestamp, body }: SignedMessage) =>
    `v1,${createHmac("sha256", key).update(`${id}.${timestamp}.${body}`).digest("base64")}`;
  const signed = { ...message, signatures: `v1,b2xk ${sign(message)}` };

  it.each<[what: string, change: Partial<SignedMessage>, isValid: boolean, reason: string]>([
    ["a right signature beside an old one", {}, true, "is that of this body"],
    ["another body", { body: '{"type": "ping"}' }, false, "Compare the body byte by byte"],
    ["a line end behind the body", { body: `${message.body}\n` }, false, "without the spaces and line ends"],
    ["another secret", { secret: "whsec_b3RoZXI=" }, false, "is not that of"],
    ["a secret that is none", { secret: "whsec_?" }, false, "The secret is not valid"],
    ["an unknown version", { signatures: "v2,abc" }, false, "begins with v1"],
    ["a missing header", { signatures: " " }, false, "Fill in: webhook-signature."],
  ])("reports %s", async (_, change, isValid, reason) => {
    const report = await checkSignature({ ...signed, ...change }, now);

    expect(report.isValid).toBe(isValid);
    expect(report.reasons.join(" ")).toContain(reason);
  });

  it("reports a message that is too old although its signature is right", async () => {
    const { isValid, reasons } = await checkSignature(signed, now + 301_000);

    expect([isValid, reasons[1]]).toEqual([
      false,
      "The message is 301 seconds old. Receivers refuse it after 300 seconds.",
    ]);
  });
});

describe("layoutFlow", () => {
  const queue = (name: string, more: Partial<QueueReport> = {}): QueueReport => ({
    name,
    plugin: null,
    kind: "listener",
    on: ["record.create"],
    publishers: [],
    ordered: false,
    tries: 4,
    timeLimit: 30,
    standalone: false,
    ...more,
  });

  it("draws each queue behind dispatch, inbound ones behind other senders, and each publisher once", () => {
    const { boxes, lines, width, height } = layoutFlow({
      plugins: [],
      queues: [
        queue("store-purge", { kind: "purge" }),
        queue("a-one", { publishers: ["sns.send"] }),
        queue("a-two", { publishers: ["sns.send"] }),
        queue("b-mails", { kind: "inbound", on: [] }),
      ],
    });

    expect(lines.map(({ id }) => id)).toEqual([
      "request api",
      "api table",
      "table dispatch",
      "dispatch queue store-purge",
      "dispatch queue a-one",
      "queue a-one target sns.send",
      "dispatch queue a-two",
      "queue a-two target sns.send",
      "senders queue b-mails",
    ]);
    for (const { x, y, width: boxWidth } of boxes)
      expect(x >= 0 && x + boxWidth <= width && y >= 0 && y < height).toBe(true);
    expect(new Set(boxes.map(({ x, y }) => `${x} ${y}`)).size).toBe(boxes.length);
  });
});

describe("describeChain", () => {
  const grant: ExplainedGrant = {
    principal: "/buckets/a/groups/g",
    member: "account:ada",
    on: "/buckets/a",
    permission: "write",
    by: "object",
    inherited: true,
  };

  it("says how the user gets a permission", () => {
    expect(describeChain(grant, "account:ada")).toEqual([
      "account:ada is a member of /buckets/a/groups/g",
      "has write on /buckets/a, which is inherited",
    ]);
    expect(
      describeChain({ ...grant, by: "setting", setting: "bucketWritePrincipals", member: "system.Authenticated" }, "x"),
    ).toEqual([
      "every authenticated user is a member of /buckets/a/groups/g",
      "the setting bucketWritePrincipals names it",
    ]);
  });
});

describe("describeCount", () => {
  it.each([
    ["route", 14, "14 routes"],
    ["hook before", 2, "2 before hooks"],
    ["index", 2, "2 indexes"],
    ["route", 1, "1 route"],
    ["pages", 1, "pages"],
  ])("of %s and %s is in words", (kind, count, words) => {
    expect(describeCount(kind, count)).toBe(words);
  });
});
