import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "@jest/globals";

const ROOT = join(import.meta.dirname, "../..");

describe("cdk's app", () => {
  const outdir = mkdtempSync(join(tmpdir(), "kintoun-cdk-"));
  afterAll(() => rmSync(outdir, { recursive: true }));
  const { app, context } = JSON.parse(readFileSync(join(ROOT, "cdk.json"), "utf8")) as { app: string; context: object };

  /** Runs what cdk.json names, as `npx cdk synth` does. */
  const synth = (variables: Record<string, string> = {}, flags: readonly string[] = []) => {
    const [, script = ""] = app.split(" ");
    return spawnSync(process.execPath, [...flags, script], {
      cwd: ROOT,
      encoding: "utf8",
      env: { CDK_OUTDIR: outdir, CDK_CONTEXT_JSON: JSON.stringify(context), ...variables },
    });
  };

  it("makes a template and four bundles, offline, and says nothing", () => {
    const { status, stdout, stderr } = synth();

    expect([status, stdout, stderr]).toEqual([0, "", ""]);
    const assets = JSON.parse(readFileSync(join(outdir, "Kintoun.assets.json"), "utf8")) as { files: object };
    expect(Object.keys(assets.files)).toHaveLength(4 + 1);
  });

  it("tells what is wrong with the config in a line, and stops", () => {
    const { status, stderr } = synth({ KINTOUN_PLUGINS: "serch" });

    expect(status).toBe(1);
    expect(stderr.trimEnd().split("\n")).toEqual([expect.stringMatching(/^KINTOUN_PLUGINS: there is no plugin 'serch'.*search/)]);
  });

  it("tells in a line that this Node is too old", () => {
    const { status, stderr } = synth({}, ["--no-experimental-strip-types"]);

    expect(status).toBe(1);
    expect(stderr).toMatch(/^Kintoun's infra needs Node 24, and this is v\S+: .*\n$/);
  });
});
