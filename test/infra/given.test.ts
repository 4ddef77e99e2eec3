import { describe, expect, it } from "@jest/globals";
import { definePlugin, need } from "@kintoun/kit";
import { readConfig } from "../../config/config.ts";
import { readOverrides } from "../../config/environment.ts";
import { overrideVariables } from "../../infra/overrides.ts";
import { roleOf } from "./roles.ts";
import { synthesize, variablesOf } from "./synthesize.ts";

const SSM = "arn:<AWS::Partition>:ssm:<AWS::Region>:<AWS::AccountId>:parameter";

/** Asks for a secret in a listener, and has a hook and a job besides. */
const asker = (parameter: string, { inWorkers = false } = {}) => {
  const key = need.parameter("api-key", { parameter });
  return definePlugin({
    name: "asker",
    about: "Asks.",
    needs: () => ({ key: inWorkers ? need.scope(key, "own-worker") : key }),
    hooks: { before: { look: { on: ["record.create"], run: () => undefined } } },
    listeners: { hear: { on: ["record.create"], run: () => undefined } },
    schedules: { work: { about: "Works.", cron: "0 3 * * *", run: () => undefined } },
  })();
};

/** Changes objects by itself, so that others' hooks run in its worker. */
const writer = definePlugin({
  name: "writer",
  about: "Writes.",
  needs: () => ({ data: need.data({ write: ["/buckets/b"] }) }),
  listeners: { hear: { on: ["record.create"], run: () => undefined } },
});

const FUNCTIONS = {
  api: "serves the HTTP API",
  listener: "runs the listener asker-hear",
  job: "runs the jobs of asker",
  other: "runs the listener writer-hear",
} as const;

/** Which functions may read what, of the operators' secrets. */
const grants = (plugins: Parameters<typeof synthesize>[0]) => {
  const stack = synthesize(plugins);
  return Object.fromEntries(
    Object.entries(FUNCTIONS).map(([name, about]) => [
      name,
      roleOf(stack, stack.lambda(about))
        .filter(({ actions }) => actions.some((action) => /^(ssm|secretsmanager):/.test(action)))
        .flatMap(({ actions, resources }) => actions.map((action) => [action, ...resources])),
    ]),
  );
};

describe("a secret that the operator gives", () => {
  const parameter = [["ssm:GetParameter", `${SSM}/kintoun/key`]];

  it("is readable only where the plugin runs", () => {
    expect(grants([asker("/kintoun/key"), writer()])).toEqual({
      api: parameter,
      listener: parameter,
      job: parameter,
      other: parameter,
    });
  });

  it("is readable only by the plugin's workers if its hooks do not need it", () => {
    expect(grants([asker("/kintoun/key", { inWorkers: true }), writer()])).toEqual({
      api: [],
      listener: parameter,
      job: parameter,
      other: [],
    });
  });

  it("may be in Secrets Manager", () => {
    const { listener } = grants([asker("/aws/reference/secretsmanager/kintoun/key"), writer()]);
    expect(listener).toEqual([
      ["ssm:GetParameter", `${SSM}/aws/reference/secretsmanager/kintoun/key`],
      [
        "secretsmanager:GetSecretValue",
        "arn:<AWS::Partition>:secretsmanager:<AWS::Region>:<AWS::AccountId>:secret:kintoun/key-??????",
      ],
    ]);
  });

  it("is readable as the password of a mail server", () => {
    const mailer = definePlugin({
      name: "asker",
      about: "Mails.",
      needs: () => ({
        mail: need.mail({
          via: { host: "mail.example.org", port: 587, security: "starttls", username: "kintoun" },
          from: "desk@example.org",
          password: need.parameter("smtp-password", { parameter: "mail-password" }),
        }),
      }),
      listeners: { hear: { on: ["record.create"], run: () => undefined } },
      schedules: { work: { about: "Works.", cron: "0 3 * * *", run: () => undefined } },
    });
    const mail = [["ssm:GetParameter", `${SSM}/mail-password`]];
    expect(grants([mailer(), writer()])).toEqual({ api: [], listener: mail, job: mail, other: [] });
    expect(
      readConfig({ plugins: [mailer()] }, readOverrides({ KINTOUN_PLUGIN_ASKER_SMTP_PASSWORD: "x" })).plugins,
    ).toHaveLength(1);
  });

  it("is not copied from a variable into a function's environment", () => {
    const written = { plugins: [asker("/kintoun/key")] };
    const config = readConfig(written, readOverrides({ KINTOUN_PLUGIN_ASKER_API_KEY: "s3cret" }));

    const variables = overrideVariables(config, written);
    expect(variables).toEqual({});
    const stack = synthesize(written.plugins, {
      overrides: readOverrides({ KINTOUN_PLUGIN_ASKER_API_KEY: "s3cret" }),
      variables,
    });
    const all = stack.all("AWS::Lambda::Function").filter(({ properties }) => properties.Environment !== undefined);
    expect(all.length).toBeGreaterThan(2);
    expect(all.filter((lambda) => JSON.stringify(variablesOf(lambda)).includes("s3cret"))).toEqual([]);
  });

  it("rejects an unknown variable with the nearest name", () => {
    expect(() =>
      readConfig({ plugins: [asker("/kintoun/key")] }, readOverrides({ KINTOUN_PLUGIN_ASKER_API_KIY: "x" })),
    ).toThrow(
      "No plugin needs the variable KINTOUN_PLUGIN_ASKER_API_KIY. Did you mean 'KINTOUN_PLUGIN_ASKER_API_KEY'?",
    );
  });
});
