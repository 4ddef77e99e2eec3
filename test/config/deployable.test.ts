import { describe, expect, it } from "@jest/globals";
import { definePlugin } from "@kintoun/kit";
import { readConfig } from "../../config/config.ts";
import { findDeploymentIssues } from "../../config/deployable.ts";
import { readOverrides } from "../../config/environment.ts";
import shipped from "../../kintoun.config.ts";
import type { KintounConfig } from "../../kit/config.ts";
import { accounts } from "../../plugins/accounts/index.ts";
import { basicauth } from "../../plugins/basicauth/index.ts";
import { email } from "../../plugins/email/index.ts";
import { sns } from "../../plugins/sns/index.ts";

const company = definePlugin({
  name: "company",
  about: "Authenticates employees.",
  authentication: { schemes: ["bearer"], challenge: "Bearer", identify: () => null },
});

const issuesOf = (written: KintounConfig, variables: Record<string, string> = {}) =>
  findDeploymentIssues(readConfig(written, readOverrides(variables), { isDeployed: true }), written);

describe("findDeploymentIssues", () => {
  it("accepts the config that ships", () => {
    expect(issuesOf(shipped)).toEqual([]);
  });

  it("names plugins that accept anyone and principals that anyone has, and what to do", () => {
    const [issue, ...others] = issuesOf({
      plugins: [basicauth({ name: "legacy" })],
      settings: {
        recordCreatePrincipals: ["system.Everyone"],
        places: { blog: { recordWritePrincipals: ["system.Authenticated"] } },
      },
    });

    expect(others).toEqual([]);
    expect(issue).toMatch(/^Anyone on the Internet could write to this store, at your expense: /);
    expect(issue).toContain(
      "the plugin 'legacy' lets anyone be a user; settings.bucketCreatePrincipals contains system.Authenticated; " +
        "settings.recordCreatePrincipals contains system.Everyone; settings.places.blog.recordWritePrincipals contains system.Authenticated. ",
    );
    expect(issue).toContain("deploy: { exposed: true }");
  });

  it.each<[string, KintounConfig, Record<string, string>]>([
    ["says deploy.exposed", { plugins: [basicauth()], deploy: { exposed: true } }, {}],
    ["is overridden by KINTOUN_DEPLOY_EXPOSED", { plugins: [basicauth()] }, { KINTOUN_DEPLOY_EXPOSED: "true" }],
    [
      "names who may create buckets",
      { plugins: [company()], settings: { bucketCreatePrincipals: ["company:ada"] } },
      {},
    ],
    ["knows all users, who may create buckets", { plugins: [accounts()] }, {}],
    [
      "has basicauth on a laptop only",
      { plugins: [company()], local: [basicauth()], settings: { bucketCreatePrincipals: [] } },
      {},
    ],
  ])("accepts a config that %s", (_, written, variables) => {
    expect(issuesOf(written, variables)).toEqual([]);
  });

  it.each<[string, KintounConfig, Record<string, string>]>([
    ["any authenticated user, which is the default", { plugins: [company()] }, {}],
    [
      "authenticated users, where anyone can register",
      { plugins: [accounts({ createPrincipals: ["system.Everyone"] })] },
      {},
    ],
    [
      "everyone, without a plugin that authenticates",
      { plugins: [], settings: { bucketCreatePrincipals: ["system.Everyone"] } },
      {},
    ],
    [
      "a plugin that only KINTOUN_PLUGINS activates",
      { plugins: [], local: [basicauth()] },
      { KINTOUN_PLUGINS: "basicauth" },
    ],
  ])("asks for a word about %s", (_, written, variables) => {
    expect(issuesOf(written, variables)).toEqual([expect.stringContaining("Anyone on the Internet could write")]);
  });

  it("names placeholders with their paths", () => {
    const written: KintounConfig = {
      plugins: [
        email({
          from: "Store <store@mail.example.com>",
          recipients: ["ops@real.eu", "watcher@example.org"],
          text: "https://kintoun.test/v1/",
        }),
        sns({ arn: "arn:aws:sns:eu-central-1:123456789012:kintoun" }),
      ],
      settings: { httpHost: "store.example.org" },
    };

    expect(issuesOf(written, { KINTOUN_EOS_URL: "https://example.net/" })).toEqual(
      [
        ["settings.eosUrl", "example.net"],
        ["settings.httpHost", "store.example.org"],
        ["plugins: email.from", "mail.example.com"],
        ["plugins: email.recipients[1]", "example.org"],
        ["plugins: email.text", "kintoun.test"],
        ["plugins: sns.arn", "123456789012"],
      ].map(
        ([path, found]) =>
          `${path} contains ${found}, which is a placeholder. Replace it, or leave out what you do not use.`,
      ),
    );
  });

  it.each([
    "an example",
    "the latest. Test it",
    "contest.org",
    "my-example.org.eu",
    "counterexample.org",
    "{new.test}",
  ])("does not take %p for a placeholder", (text) => {
    expect(issuesOf({ plugins: [email({ from: "a@b.eu", recipients: ["c@d.eu"], text })] })).toEqual([]);
  });

  it("ignores placeholders of plugins that are not deployed", () => {
    const mail = email({ from: "kintoun@example.org", recipients: ["watcher@example.org"] });

    expect(issuesOf({ plugins: [], local: [mail] })).toEqual([]);
    expect(issuesOf({ plugins: [], optional: [mail] })).toEqual([]);
    expect(issuesOf({ plugins: [], optional: [mail] }, { KINTOUN_PLUGINS: "email" })).toHaveLength(2);
  });
});
