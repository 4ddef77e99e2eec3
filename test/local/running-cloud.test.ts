import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "@jest/globals";
import { runningCloud } from "../../local/running-cloud.ts";

const folder = mkdtempSync(join(tmpdir(), "kintoun-running-"));
afterAll(() => rmSync(folder, { recursive: true }));
const tell = (told: string) => writeFileSync(join(folder, "running.json"), told);

it("is known by what it tells of itself while it lives, and refused by name where that is another version's", () => {
  const whole = { table: "kintoun", stream: "arn", queues: {}, cloud: {} };
  tell(JSON.stringify({ pid: process.pid, ...whole }));
  expect(runningCloud(folder)).toEqual({ pid: process.pid, ...whole });
  for (const gone of ["not JSON", JSON.stringify({ pid: 2 ** 30, ...whole })]) {
    tell(gone);
    expect(runningCloud(folder)).toBeUndefined();
  }
  tell(JSON.stringify({ pid: process.pid, version: 9 }));
  expect(() => runningCloud(folder)).toThrow(
    `Process ${process.pid} runs a store of another version of Kintoun on ${folder}`,
  );
});
