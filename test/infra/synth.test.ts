/** @slow */

import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "@jest/globals";

const ROOT = join(import.meta.dirname, "../..");

interface Resource {
  readonly Type: string;
  readonly Properties: object;
}

/** The commands that make a store of another kind than the config's: with variables before, or context after. */
const documented = [
  ...readFileSync(join(ROOT, "docs/operations/deploy.md"), "utf8").matchAll(
    /^ {4}((?:KINTOUN_\w+=\S+ )+)npx cdk deploy(?: -c (\w+)=(\w+))?$/gm,
  ),
].map(([command, variables = "", name, value]) => ({
  command: command.trim(),
  variables: Object.fromEntries(
    [...variables.matchAll(/(\w+)=(\S+)/g)].map(([, variable = "", text = ""]) => [variable, text]),
  ),
  given: (name === undefined ? {} : { [name]: value }) as Record<string, string>,
}));

describe("infra/main.ts", () => {
  const outdir = mkdtempSync(join(tmpdir(), "kintoun-cdk-"));
  afterAll(() => rmSync(outdir, { recursive: true }));
  const { app, context } = JSON.parse(readFileSync(join(ROOT, "cdk.json"), "utf8")) as { app: string; context: object };

  /** Runs what cdk.json names, as `npx cdk synth` does. */
  const synth = (
    variables: Record<string, string> = {},
    { flags = [], given = {} }: { flags?: readonly string[]; given?: Record<string, string> } = {},
  ) => {
    const [, script = ""] = app.split(" ");
    return spawnSync(process.execPath, [...flags, script], {
      cwd: ROOT,
      encoding: "utf8",
      env: { CDK_OUTDIR: outdir, CDK_CONTEXT_JSON: JSON.stringify({ ...context, ...given }), ...variables },
    });
  };

  it("has documented commands", () => {
    expect(documented).toHaveLength(2);
  });

  it("creates a template and four bundles offline without output", () => {
    const { status, stdout, stderr } = synth();

    expect([status, stdout, stderr]).toEqual([0, "", ""]);
    const assets = JSON.parse(readFileSync(join(outdir, "Kintoun.assets.json"), "utf8")) as { files: object };
    expect(Object.keys(assets.files)).toHaveLength(4 + 1);
  });

  it.each(documented)("creates the template for the documented command $command", ({ variables, given }) => {
    const { status, stdout, stderr } = synth(variables, { given });

    expect([status, stdout, stderr]).toEqual([0, "", ""]);
    const { Resources } = JSON.parse(
      readFileSync(join(outdir, `${given.stack ?? "Kintoun"}.template.json`), "utf8"),
    ) as {
      Resources: Record<string, Resource>;
    };
    const lambdas = Object.values(Resources).filter(({ Type }) => Type === "AWS::Lambda::Function");
    expect(lambdas.length).toBeGreaterThanOrEqual(3);
    for (const { Properties } of lambdas) expect(Properties).toMatchObject({ Environment: { Variables: variables } });
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
