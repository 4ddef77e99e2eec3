import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { readConfig } from "../../config/config.ts";
import { createJsonLog } from "../../core/ports/log.ts";
import { type EmbeddedCloud, startCloud } from "../../local/cloud.ts";
import { openTerminal } from "../tutorials/terminal.ts";
import { commandOutput, runCommand } from "./run-command.ts";

const ROOT = join(import.meta.dirname, "../..");

describe("kintoun events watch", () => {
  let folder: string;
  let cloud: EmbeddedCloud;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "kintoun-watch-"));
    cloud = await startCloud({
      config: readConfig({ plugins: [] }),
      port: 0,
      data: folder,
      log: createJsonLog(() => undefined),
    });
  });
  afterAll(async () => {
    await cloud?.close();
    await rm(folder, { recursive: true, force: true });
  });

  it("prints the events that other programs put on a bus", async () => {
    const watch = `npm run -s kintoun -- events watch --data ${folder} --source neutron`;
    const [lines, json] = [openTerminal(watch, ROOT), openTerminal(`${watch} --json`, ROOT)];
    await Promise.all([lines, json].map((terminal) => terminal.waitFor(/Watching the bus 'default'/)));

    const put = `npm run -s kintoun -- events put --data ${folder} --type network.update.end --detail '{"id": 1}'`;
    await commandOutput(`${put} --source nova && ${put} --source neutron`, ROOT);
    await lines.waitFor(/\n\d{4}-\S+Z {2}neutron {2}network\.update\.end {2}\{"id":1\}\n/);
    const [, event = "{}"] = await json.waitFor(/\n(\{"version".*\})\n/);
    await Promise.all([lines.end(), json.end()]);

    expect(JSON.parse(event)).toMatchObject({
      source: "neutron",
      "detail-type": "network.update.end",
      detail: { id: 1 },
    });
    expect(lines.output()).not.toContain("nova");
  });

  it("says how to start a store when none is running", async () => {
    await cloud.close();

    const { stderr } = await runCommand(`npm run -s kintoun -- events watch --data ${folder}`, ROOT);

    expect(stderr).toContain("Start it in another terminal: npm start");
  });
});
