/** @slow */

import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "@jest/globals";

const ROOT = join(import.meta.dirname, "../..");

interface Resource {
  readonly Type: string;
}

/** The commands that make a store of another kind than the config's: with variables before, or context after. */
const documented = [
  ...readFileSync(join(ROOT, "docs/operations/deploy.md"), "utf8").matchAll(
    /^ {4}((?:KINTOUN_\w+=\S+ )+)npx cdk deploy --all(?: -c (\w+)=(\w+))?$/gm,
  ),
].map(([command, variables = "", name, value]) => ({
  command: command.trim(),
  variables: Object.fromEntries(
    [...variables.matchAll(/(\w+)=(\S+)/g)].map(([, variable = "", text = ""]) => [variable, text]),
  ),
  given: (name === undefined ? {} : { [name]: value }) as Record<string, string>,
}));

/** What the code of functions contains by the variables of the documented commands. */
const OVERRIDES: Readonly<Record<string, string>> = {
  KINTOUN_PAGINATE_BY: "paginateBy:10,",
  KINTOUN_BLOG_RECORD_CACHE_EXPIRES_SECONDS: "BLOG:{recordCacheExpiresSeconds:30}",
  KINTOUN_DEPLOY_EXPOSED: "exposed:!0",
  KINTOUN_PLUGINS: 'plugins:[{name:"default-bucket"},{name:"basicauth"},{name:"flush"}]',
};

describe("infra/main.ts", () => {
  const outdir = mkdtempSync(join(tmpdir(), "kintoun-cdk-"));
  afterAll(() => rmSync(outdir, { recursive: true }));
  const { app, context } = JSON.parse(readFileSync(join(ROOT, "cdk.json"), "utf8")) as { app: string; context: object };

  /** Runs what cdk.json names, as `npx cdk synth` does. CDK checks the template only if `validate` is true. */
  const synth = (
    variables: Record<string, string> = {},
    {
      flags = [],
      given = {},
      validate = false,
    }: { flags?: readonly string[]; given?: Record<string, string>; validate?: boolean } = {},
  ) => {
    const [, script = ""] = app.split(" ");
    return spawnSync(process.execPath, [...flags, script], {
      cwd: ROOT,
      encoding: "utf8",
      env: {
        NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE,
        CDK_OUTDIR: outdir,
        CDK_VALIDATION: String(validate),
        CDK_CONTEXT_JSON: JSON.stringify({ ...context, ...given }),
        ...variables,
      },
    });
  };

  const resourcesIn = (stack: string) =>
    Object.values(
      (
        JSON.parse(readFileSync(join(outdir, `${stack}.template.json`), "utf8")) as {
          Resources: Record<string, Resource>;
        }
      ).Resources,
    );

  it("has documented commands", () => {
    expect(documented).toHaveLength(2);
  });

  it("creates a template and its bundles offline without output", () => {
    const { status, stdout, stderr } = synth({}, { validate: true });

    expect([status, stdout, stderr]).toEqual([0, "", ""]);
    const assets = JSON.parse(readFileSync(join(outdir, "Kintoun.assets.json"), "utf8")) as { files: object };
    // The bundles (without search), the template, and the function of CDK that makes calls during deployments.
    expect(Object.keys(assets.files)).toHaveLength(3 + 1 + 1);
    expect(resourcesIn("Kintoun-data").map(({ Type }) => Type)).toEqual(["AWS::DynamoDB::Table"]);
  });

  it.each(documented)("creates the template for the documented command $command", ({ variables, given }) => {
    const { status, stdout, stderr } = synth(variables, { given });

    expect([status, stdout, stderr]).toEqual([0, "", ""]);
    expect(resourcesIn(given.stack ?? "Kintoun").length).toBeGreaterThan(20);
    const code = readFileSync(join(outdir, `${given.stack ?? "Kintoun"}/bundles/api/main.mjs`), "utf8");
    for (const name of Object.keys(variables)) expect(code).toContain(OVERRIDES[name]);
  });

  it("refuses to deploy what anyone could write, and placeholders", () => {
    const exposed = synth({ KINTOUN_PLUGINS: "basicauth" });
    const placeholder = synth({ KINTOUN_PLUGINS: "email" });

    expect([exposed.status, placeholder.status]).toEqual([1, 1]);
    expect(exposed.stderr).toMatch(
      /^Anyone on the Internet could write to this store, .*KINTOUN_DEPLOY_EXPOSED=true.*\n$/,
    );
    expect(placeholder.stderr).toMatch(/^plugins: email\.from contains example\.org, which is a placeholder\..*\n/);
  });

  it("has no stack for data when the config names a table", () => {
    // Variables of a stack are kept in a file.
    const file = join(ROOT, ".env.KintounOther");
    writeFileSync(file, "KINTOUN_DEPLOY_TABLE=kintoun-restored\n");
    let status: number | null;
    try {
      ({ status } = synth({}, { given: { stack: "KintounOther" } }));
    } finally {
      rmSync(file);
    }

    expect(status).toBe(0);
    expect(existsSync(join(outdir, "KintounOther-data.template.json"))).toBe(false);
    expect(JSON.stringify(resourcesIn("KintounOther"))).toContain("table/kintoun-restored");
  });

  it("prints config errors and exits with 1", () => {
    const { status, stderr } = synth({ KINTOUN_PLUGINS: "serch" });

    expect(status).toBe(1);
    expect(stderr.trimEnd().split("\n")).toEqual([
      expect.stringMatching(/^KINTOUN_PLUGINS: kintoun.config.ts has no plugin 'serch'.*search/),
    ]);
  });

  it("rejects an old Node in one line", () => {
    const { status, stderr } = synth({}, { flags: ["--no-experimental-strip-types"] });

    expect(status).toBe(1);
    expect(stderr).toMatch(/^Kintoun's infra needs Node 24, but this is v\S+\. .*\n$/);
  });
});
