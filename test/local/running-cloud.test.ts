import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "@jest/globals";
import { findRunningCloud } from "../../local/running-cloud.ts";

const folder = mkdtempSync(join(tmpdir(), "kintoun-running-"));
afterAll(() => rmSync(folder, { recursive: true }));
const writeState = (text: string) => writeFileSync(join(folder, "running.json"), text);

it("findRunningCloud finds a running process, ignores a dead one and rejects another version", () => {
  const state = { table: "kintoun", stream: "arn", queues: {}, cloud: {} };
  writeState(JSON.stringify({ pid: process.pid, ...state }));
  expect(findRunningCloud(folder)).toEqual({ pid: process.pid, ...state });
  for (const stale of ["not JSON", JSON.stringify({ pid: 2 ** 30, ...state })]) {
    writeState(stale);
    expect(findRunningCloud(folder)).toBeUndefined();
  }
  writeState(JSON.stringify({ pid: process.pid, version: 9 }));
  expect(() => findRunningCloud(folder)).toThrow(`Process ${process.pid} runs another version of Kintoun on ${folder}`);
});
