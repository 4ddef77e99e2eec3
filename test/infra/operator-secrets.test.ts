import { describe, expect, it } from "@jest/globals";
import { definePlugin, need } from "@kintoun/kit";
import { readConfig } from "../../config/config.ts";
import { readOverrides } from "../../config/environment.ts";
import { overrideVariables } from "../../infra/overrides.ts";
import { roleOf } from "./roles.ts";
import { synthesize, variablesOf } from "./synthesize.ts";

const SSM = "arn:<AWS::Partition>:ssm:<AWS::Region>:<AWS::AccountId>:parameter";

/** Creates a plugin with a secret, a hook, a listener and a job. */
const createSecretPlugin = (parameter: string, { inWorkers = false } = {}) => {
  const key = need.parameter("api-key", { parameter });
  return definePlugin({
    name: "reader",
    about: "Reads a secret.",
    needs: () => ({ key: inWorkers ? need.scope(key, "own-worker") : key }),
    hooks: { before: { look: { on: ["record.create"], run: () => undefined } } },
    listeners: { handle: { on: ["record.create"], run: () => undefined } },
    schedules: { work: { about: "Works.", cron: "0 3 * * *", run: () => undefined } },
  })();
};

/** Changes objects, so that the hooks of other plugins run in its worker. */
const writer = definePlugin({
  name: "writer",
  about: "Writes objects.",
  needs: () => ({ data: need.data({ write: ["/buckets/b"] }) }),
  listeners: { handle: { on: ["record.create"], run: () => undefined } },
});

const FUNCTIONS = {
  api: "serves the HTTP API",
  listener: "runs the listener reader-handle",
  job: "runs the jobs of reader",
  other: "runs the listener writer-handle",
} as const;

/** The actions and resources by which each function may read secrets of the operator. */
const secretGrants = (plugins: Parameters<typeof synthesize>[0]) => {
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

describe("a secret of the operator", () => {
  const parameter = [["ssm:GetParameter", `${SSM}/kintoun/key`]];

  it("is readable by every function that runs the plugin", () => {
    expect(secretGrants([createSecretPlugin("/kintoun/key"), writer()])).toEqual({
      api: parameter,
      listener: parameter,
      job: parameter,
      other: parameter,
    });
  });

  it("is readable only by the plugin's workers if its hooks do not need it", () => {
    expect(secretGrants([createSecretPlugin("/kintoun/key", { inWorkers: true }), writer()])).toEqual({
      api: [],
      listener: parameter,
      job: parameter,
      other: [],
    });
  });

  it("can be in Secrets Manager", () => {
    const { listener } = secretGrants([createSecretPlugin("/aws/reference/secretsmanager/kintoun/key"), writer()]);
    expect(listener).toEqual([
      ["ssm:GetParameter", `${SSM}/aws/reference/secretsmanager/kintoun/key`],
      [
        "secretsmanager:GetSecretValue",
        "arn:<AWS::Partition>:secretsmanager:<AWS::Region>:<AWS::AccountId>:secret:kintoun/key-??????",
      ],
    ]);
  });

  it("is readable as the password of a mail server", () => {
    const mailPlugin = definePlugin({
      name: "reader",
      about: "Sends mail.",
      needs: () => ({
        mail: need.mail({
          via: { host: "mail.example.org", port: 587, security: "starttls", username: "kintoun" },
          from: "desk@example.org",
          password: need.parameter("smtp-password", { parameter: "mail-password" }),
        }),
      }),
      listeners: { handle: { on: ["record.create"], run: () => undefined } },
      schedules: { work: { about: "Works.", cron: "0 3 * * *", run: () => undefined } },
    });
    const mail = [["ssm:GetParameter", `${SSM}/mail-password`]];
    expect(secretGrants([mailPlugin(), writer()])).toEqual({ api: [], listener: mail, job: mail, other: [] });
    expect(
      readConfig({ plugins: [mailPlugin()] }, readOverrides({ KINTOUN_PLUGIN_READER_SMTP_PASSWORD: "x" })).plugins,
    ).toHaveLength(1);
  });

  it("is not copied from a variable into a function's environment", () => {
    const exported = { plugins: [createSecretPlugin("/kintoun/key")] };
    const config = readConfig(exported, readOverrides({ KINTOUN_PLUGIN_READER_API_KEY: "s3cret" }));

    const variables = overrideVariables(config);
    expect(variables).toEqual({});
    const stack = synthesize(exported.plugins, {
      overrides: readOverrides({ KINTOUN_PLUGIN_READER_API_KEY: "s3cret" }),
      variables,
    });
    const all = stack.all("AWS::Lambda::Function").filter(({ properties }) => properties.Environment !== undefined);
    expect(all.length).toBeGreaterThan(2);
    expect(all.filter((lambda) => JSON.stringify(variablesOf(lambda)).includes("s3cret"))).toEqual([]);
  });

  it("rejects an unknown variable with the nearest name", () => {
    expect(() =>
      readConfig(
        { plugins: [createSecretPlugin("/kintoun/key")] },
        readOverrides({ KINTOUN_PLUGIN_READER_API_KIY: "x" }),
      ),
    ).toThrow(
      "No plugin needs the variable KINTOUN_PLUGIN_READER_API_KIY. Did you mean 'KINTOUN_PLUGIN_READER_API_KEY'?",
    );
  });
});
