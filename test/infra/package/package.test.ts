import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { AwsSolutionsChecks } from "cdk-nag";
import { stop } from "esbuild";
import { unzipSync } from "fflate";
import { toLocationVariables } from "../../../config/store-location.ts";
import { PACKAGE_CHOICES } from "../../../infra/package/choices.ts";
import { listVariants } from "../../../infra/package/decision.ts";
import { toQuickCreateLink } from "../../../infra/package/links.ts";
import { synthesizeVariant } from "../../../infra/package/package-stack.ts";
import { assemblePackage, bundleVariants, type Package, readVariants } from "../../../infra/package/write-package.ts";
import kintounConfig from "../../../kintoun.config.ts";
import { resolveTemplate } from "./resolve-template.ts";

const ROOT = join(import.meta.dirname, "../../..");
const { context } = JSON.parse(readFileSync(join(ROOT, "cdk.json"), "utf8")) as { context: Record<string, unknown> };

/** Prints the response of the handler of a folder to an event. */
const CALL = `
  const { handler } = await import(process.argv[1]);
  const response = await handler(JSON.parse(process.argv[2]), {}).catch((error) => ({ error: String(error) }));
  console.log(JSON.stringify(response));
`;

const outdir = mkdtempSync(join(tmpdir(), "kintoun-packages-"));
afterAll(async () => {
  rmSync(outdir, { recursive: true });
  await stop();
});

describe("a package", () => {
  const configs = readVariants(kintounConfig);
  let folders: Awaited<ReturnType<typeof bundleVariants>>;
  const assemble = (folder: string) =>
    assemblePackage({ configs, folders, name: "kintoun-1.0.0", outdir: join(outdir, folder), context });
  let written: Package;
  beforeAll(async () => {
    folders = await bundleVariants(outdir, join(ROOT, "kintoun.config.ts"), configs);
    written = await assemble("first");
  });

  /** The parameters that lead to a variant. */
  const parametersOf = ({ Search = "", Mail, Domain = "off" }: Readonly<Record<string, string>>) => ({
    Search,
    SenderAddress: Mail === "on" ? "store@your-domain.com" : "",
    DomainName: Domain === "on" ? "api.your-domain.com" : "",
    AlarmAddress: "",
  });
  const resolve = (choices: Readonly<Record<string, string>>) =>
    resolveTemplate(written.template, parametersOf(choices));

  it("is the same, byte for byte, when it is written again with the same bundles", async () => {
    const again = await assemble("second");
    const read = ({ folder }: Package) =>
      readdirSync(folder).map((file) => [file, readFileSync(join(folder, file), "hex")]);

    expect(read(again)).toEqual(read(written));
  });

  it("has a template below 1 MB, a zip of each function, and checksums", () => {
    expect(written.files).toEqual([
      "kintoun.template.json",
      "api.zip",
      "commands.zip",
      "deploy-calls.zip",
      "dispatch.zip",
      "search.zip",
      "worker.zip",
      "SHA256SUMS",
    ]);
    expect(readFileSync(join(written.folder, "kintoun.template.json")).length).toBeLessThan(700_000);
    for (const file of written.files) expect(readFileSync(join(written.folder, file)).length).toBeLessThan(2_000_000);
    const hashOf = (file: string) =>
      createHash("sha256")
        .update(readFileSync(join(written.folder, file)))
        .digest("hex");
    expect(readFileSync(join(written.folder, "SHA256SUMS"), "utf8")).toBe(
      written.files
        .slice(0, -1)
        .map((file) => `${hashOf(file)}  ${file}\n`)
        .join(""),
    );
  });

  it("needs no bootstrap stack, and finds all code in the bucket of its parameter", () => {
    const text = JSON.stringify(written.template);

    expect(text).not.toMatch(/BootstrapVersion|cdk-hnb659fds|kintoun-package/);
    const keys = [
      ...text.matchAll(/"S3Key":\{"Fn::Join":\["",\[\{"Ref":"CodePrefix"\},"kintoun-1\.0\.0\/([\w-]+\.zip)"\]\]\}/g),
    ];
    expect([...new Set(keys.map(([, zip]) => zip))].toSorted()).toEqual(
      written.files.filter((file) => file.endsWith(".zip")),
    );
    expect(text.match(/"S3Bucket":/g)?.length).toBe(keys.length);
  });

  it("gives each choice the resources that it needs", () => {
    const typesOf = (choices: Readonly<Record<string, string>>) =>
      new Set(Object.values(resolve(choices).Resources).map(({ Type }) => Type));
    const none = typesOf({ Search: "none", Mail: "off", Domain: "off" });

    expect([...none].filter((type) => /OpenSearch|Alarm|Budget|DomainName|S3::Bucket/.test(String(type)))).toEqual([]);
    expect(typesOf({ Search: "sqlite", Mail: "off", Domain: "off" })).toContain("AWS::S3::Bucket");
    expect(typesOf({ Search: "opensearch-serverless", Mail: "on", Domain: "on" })).toContain(
      "AWS::OpenSearchServerless::Collection",
    );
    expect(typesOf({ Search: "sqlite", Mail: "off", Domain: "on" })).toContain("AWS::ApiGatewayV2::DomainName");
    const queues = Object.keys(resolve({ Search: "none", Mail: "on", Domain: "off" }).Outputs ?? {});
    expect(queues).toEqual(expect.arrayContaining(["QueueEmailNotify", "QueueAccountsMails"]));
  });

  it("refers to no resource that a choice leaves out", () => {
    for (const variant of listVariants([...PACKAGE_CHOICES, { name: "Domain", options: { off: {}, on: {} } }])) {
      const template = resolve(variant);
      const known = [...Object.keys(template.Resources), ...Object.keys(template.Parameters ?? {})];
      const text = JSON.stringify([template.Resources, template.Outputs]);
      const references = [...text.matchAll(/\{"(?:Ref":"|Fn::GetAtt":\[")([^":]+)"/g)].map(([, name]) => name);

      expect(references.length).toBeGreaterThan(100);
      expect(references.filter((name) => !known.includes(String(name)))).toEqual([]);
    }
  });

  it("keeps the ids of what has data", () => {
    const kept = Object.entries(resolve({ Search: "sqlite", Mail: "off", Domain: "off" }).Resources)
      .filter(([, { DeletionPolicy }]) => String(DeletionPolicy).startsWith("Retain"))
      .map(([id]) => id);

    expect(kept.toSorted()).toEqual([
      "DeadDispatchFailures9179b0b9",
      "DeadSearchIndex07534e86",
      "DeadStorePurge9e04b99c",
      "IndexCopiesBucket41DD5268",
      "TableCD117FA1",
    ]);
  });

  it("can remove the table of a first deployment that fails, and protects it last", () => {
    const { TableCD117FA1: table, ...others } = resolve({ Search: "sqlite", Mail: "on", Domain: "on" }).Resources;
    const [protection] = Object.entries(others).filter(([id]) => id.startsWith("DeployCallsProtectTable"));

    expect(table).toMatchObject({ DeletionPolicy: "RetainExceptOnCreate", UpdateReplacePolicy: "Retain" });
    expect(table?.Properties).not.toMatchObject({ DeletionProtectionEnabled: true });
    const { After = {} } = (protection?.[1].Properties ?? {}) as { After?: object };
    const expected = Object.keys(others).filter((id) => !/^(DeployCallsProtectTable|AWS679)/.test(id));
    expect(Object.keys(After).toSorted()).toEqual(expected.toSorted());
  });

  it("shows each parameter in a group, with a label", () => {
    const { ParameterGroups, ParameterLabels } = (
      written.template.Metadata as { "AWS::CloudFormation::Interface": Record<string, never> }
    )["AWS::CloudFormation::Interface"] as unknown as {
      ParameterGroups: { Parameters: string[] }[];
      ParameterLabels: object;
    };
    const names = Object.keys(written.template.Parameters ?? {});

    expect(ParameterGroups.flatMap(({ Parameters }) => Parameters)).toEqual(names);
    expect(Object.keys(ParameterLabels)).toEqual(names);
    const guide = readFileSync(join(ROOT, "docs/operations/deploy-from-the-console.md"), "utf8");
    for (const name of names) expect(guide).toContain(`\`${name}\``);
  });

  it("makes alarms only with an address for them", () => {
    const typesOf = (AlarmAddress: string) =>
      Object.values(
        resolveTemplate(written.template, { ...parametersOf({ Search: "none" }), AlarmAddress }).Resources,
      ).map(({ Type }) => String(Type));

    expect(typesOf("").filter((type) => /Alarm|SNS|Budget/.test(type))).toEqual([]);
    expect(typesOf("ops@your-domain.com")).toEqual(
      expect.arrayContaining(["AWS::CloudWatch::Alarm", "AWS::SNS::Topic", "AWS::Budgets::Budget"]),
    );
  });

  it("passes cdk-nag with everything", () => {
    const [found] = [...configs].filter(([{ Search, Mail }]) => Search === "opensearch-serverless" && Mail === "on");
    if (found === undefined) throw new Error("There is no such variant");
    const [variant, config] = found;
    const { stack } = synthesizeVariant({ variant, config, folders, folder: "kintoun", context });

    expect(new AwsSolutionsChecks().validateScope(stack).violations.map(({ ruleName }) => ruleName)).toEqual([]);
  });

  it("has links for a published bucket", () => {
    expect(toQuickCreateLink({ bucket: "code", region: "eu-central-1", prefix: "a/", folder: written.folder })).toBe(
      "https://eu-central-1.console.aws.amazon.com/cloudformation/home?region=eu-central-1#/stacks/quickcreate?" +
        "templateURL=https%3A%2F%2Fcode.s3.eu-central-1.amazonaws.com%2Fa%2Fkintoun-1.0.0%2Fkintoun.template.json" +
        "&stackName=Kintoun&param_CodeBucket=code&param_CodePrefix=a%2F",
    );
  });

  describe("the functions in its zips", () => {
    const folders = new Map<string, string>();
    const call = (name: string, variables: Readonly<Record<string, string>>, event: object) => {
      const folder = folders.get(name) ?? join(outdir, "unzipped", name);
      if (!folders.has(name))
        for (const [path, content] of Object.entries(unzipSync(readFileSync(join(written.folder, `${name}.zip`))))) {
          mkdirSync(dirname(join(folder, path)), { recursive: true });
          writeFileSync(join(folder, path), content);
        }
      folders.set(name, folder);
      const env = {
        AWS_REGION: "eu-central-1",
        AWS_ACCESS_KEY_ID: "none",
        AWS_SECRET_ACCESS_KEY: "none",
        KINTOUN_PACKAGE_VARIANT: "none,off",
        KINTOUN_PACKAGE_ADMINISTRATOR: "ada@your-domain.com",
        KINTOUN_PACKAGE_SENDER: "",
        KINTOUN_PACKAGE_SEARCH_NAME: "kintoun",
        ...toLocationVariables({ table: "none", queues: "https://sqs.eu-central-1.amazonaws.com/1/Kintoun-" }),
        ...variables,
      };
      const { stdout, stderr } = spawnSync(
        process.execPath,
        ["--input-type=module", "-e", CALL, join(folder, "main.mjs"), JSON.stringify(event)],
        { env, encoding: "utf8" },
      );
      const line = stdout.trimEnd().split("\n").at(-1) ?? "";
      return line === "" ? { stderr } : (JSON.parse(line) as Record<string, unknown>);
    };
    const get = (path: string) => ({
      version: "2.0",
      rawPath: path,
      rawQueryString: "",
      headers: { host: "localhost", origin: "https://a.your-domain.com" },
      requestContext: { http: { method: "GET", path }, domainName: "localhost" },
      isBase64Encoded: false,
    });

    it("follow the parameters of the stack", () => {
      const variables = {
        KINTOUN_CORS_ORIGINS: "https://a.your-domain.com,https://b.your-domain.com",
        KINTOUN_READONLY: "true",
      };
      const response = call("api", variables, get("/v1/"));

      expect(response.headers).toMatchObject({ "Access-Control-Allow-Origin": "https://a.your-domain.com" });
      const body = JSON.parse(String(response.body)) as { settings: object; capabilities: object };
      expect(body.settings).toMatchObject({ readonly: true });
      expect(Object.keys(body.capabilities)).not.toContain("emailer");
    });

    it("load the plugins of the variant", () => {
      const mail = { KINTOUN_PACKAGE_VARIANT: "none,on", KINTOUN_PACKAGE_SENDER: "store@your-domain.com" };
      const response = call("api", mail, get("/v1/"));

      expect(Object.keys((JSON.parse(String(response.body)) as { capabilities: object }).capabilities)).toContain(
        "emailer",
      );
    });

    it.each([
      ["KINTOUN_PAGINATE_BY", "many", "The variable KINTOUN_PAGINATE_BY is not a whole number."],
      ["KINTOUN_READONLI", "true", "The variable KINTOUN_READONLI is unknown."],
      ["KINTOUN_PLUGINS", "flush", "The variable KINTOUN_PLUGINS has no effect on a function."],
    ])("do not start with the variable %s = %s", (name, value, message) => {
      expect(call("api", { [name]: value }, get("/v1/")).stderr).toContain(message);
    });

    it("invite the administrator, and run no unknown command", () => {
      const { error } = call("commands", {}, { command: "accounts invit" });

      expect(String(error)).toContain("There is no command 'accounts invit'. Did you mean 'accounts invite'?");
    });
  });
});
