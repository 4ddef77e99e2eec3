import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { readFixtures } from "@kintoun/testing";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "kintoun-fixtures-"));
  for (const name of ["load", "events"]) await mkdir(join(folder, name));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe("readFixtures", () => {
  it("reads arrays, answers of APIs, and single messages, by the names of their files", async () => {
    await writeFile(join(folder, "load/ports.json"), '[{"id": "p1"}]');
    await writeFile(join(folder, "load/networks.json"), '{"networks": [{"id": "n1"}, {"id": "n2"}]}');
    await writeFile(join(folder, "events/network.json"), '{"type": "created", "ids": ["n1"]}');
    await writeFile(join(folder, "events/README.md"), "Messages.");

    expect(await readFixtures(folder)).toEqual({
      load: { ports: [{ id: "p1" }], networks: [{ id: "n1" }, { id: "n2" }] },
      events: { network: [{ type: "created", ids: ["n1"] }] },
    });
  });

  it.each([
    ['{"networks": [1]}', "must be an array of objects"],
    ["7", "must be an array of objects"],
    ["{", "is not JSON"],
  ])("names the file that is not a fixture: %s", async (content, message) => {
    const file = join(folder, "load/networks.json");
    await writeFile(file, content);

    await expect(readFixtures(folder)).rejects.toThrow(`${file} ${message}`);
  });
});
