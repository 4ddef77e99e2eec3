import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "@jest/globals";
import { lockDataFolder } from "../../local/data-folder.ts";
import { findRunningCloud } from "../../local/running-cloud.ts";

const folder = mkdtempSync(join(tmpdir(), "kintoun-running-"));
afterAll(() => rmSync(folder, { recursive: true }));
const writeState = (text: string) => writeFileSync(join(folder, "running.json"), text);

it("findRunningCloud finds a running process, ignores a dead one and rejects another version", () => {
  const state = { pid: 7, table: "kintoun", stream: "arn", queues: {}, cloud: {} };
  writeState(JSON.stringify(state));
  expect(findRunningCloud(folder)).toBeUndefined();

  const locked = lockDataFolder(folder);
  expect(findRunningCloud(folder)).toBeUndefined();
  writeState("not JSON");
  expect(findRunningCloud(folder)).toBeUndefined();
  writeState(JSON.stringify(state));
  expect(findRunningCloud(folder)).toEqual(state);
  writeState(JSON.stringify({ pid: 7, version: 9 }));
  expect(() => findRunningCloud(folder)).toThrow(`Process 7 runs another version of Kintoun on ${folder}`);

  locked.release();
  writeState(JSON.stringify(state));
  expect(findRunningCloud(folder)).toBeUndefined();
});
