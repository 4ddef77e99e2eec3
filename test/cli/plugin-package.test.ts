/** @slow */

import { existsSync } from "node:fs";
import { readFile, rm, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { PART_NAMES } from "../../cli/plugin-template/parts.ts";
import { addToConfig, cleanClone } from "./clean-clone.ts";
import { blocksOf, follow } from "./follow.ts";
import { commandOutput, runCommand } from "./run-command.ts";

const OPTIONS = 'greeter({ title: "Ours" })';

/** A consumer that uses the kit as its types tell, and in one line as they do not. */
const CONSUMER = `import { definePlugin } from "@kintoun/kit";
import { type TestStore, startTestStore } from "@kintoun/testing";

export const quiet = definePlugin({ name: "quiet", about: "Does nothing.", listeners: { hear: { on: ["record.create"], run: () => undefined } } });
// @ts-expect-error no record was ever eaten
export const loud = definePlugin({ name: "loud", about: "Does nothing.", listeners: { hear: { on: ["record.eat"], run: () => undefined } } });
export const start = (): Promise<TestStore> => startTestStore({ plugins: [quiet()] });
`;

describe("a plugin package", () => {
  let clone: string;
  let folder: string;
  let steps: Awaited<ReturnType<typeof follow>>;
  beforeAll(async () => {
    clone = await cleanClone();
    folder = join(dirname(clone), "kintoun-plugin-greeter");
    const blocks = await blocksOf("plugins/writing.md", "As a package of its own");
    steps = await follow(blocks, clone, async (text) => {
      expect(text).toContain(`plugins: [${OPTIONS}]`);
      await addToConfig(clone, text.split("\n")[0] ?? "", OPTIONS);
    });
  }, 600_000);
  afterAll(() => rm(dirname(clone), { recursive: true }));

  const kit = (): string => join(folder, "node_modules/@kintoun/kit");
  const manifestOf = async (place: string) => JSON.parse(await readFile(join(place, "package.json"), "utf8"));

  it("is created, tested, packed and installed as docs/plugins/writing.md says", () => {
    expect(steps).toHaveLength(5);
    expect(steps.map(({ command }) => command)).toContain("npm run types\nnpm test\nnpm pack");
    const [answer] = steps.filter(({ command }) => command.startsWith("curl"));
    expect(JSON.parse(answer?.printed ?? "")).toEqual(JSON.parse(answer?.expected ?? ""));
  });

  it("runs its tests", () => {
    expect(steps.find(({ command }) => command.includes("npm test"))?.printed).toMatch(/\bpass 3\n[\s\S]*\bfail 0\n/);
  });

  it("depends only on the kit and its testing package", async () => {
    const { dependencies, peerDependencies, devDependencies, version, author, homepage, license } =
      await manifestOf(folder);

    expect(Object.keys({ ...dependencies, ...peerDependencies, ...devDependencies }).toSorted()).toEqual([
      "@kintoun/kit",
      "@kintoun/testing",
      "@types/node",
      "typescript",
      "zod",
    ]);
    expect({ peerDependencies, version, author, homepage, license }).toEqual({
      peerDependencies: { "@kintoun/kit": "^0.2.0" },
      version: "0.1.0",
      author: "Ada Lovelace <ada@example.org>",
      homepage: "https://example.org/greeter",
      license: "MIT",
    });
  });

  it("says in one line that Node is too old for its tests", async () => {
    const old = 'data:text/javascript,Object.defineProperty(process,"versions",{value:{node:"20.20.2"}})';
    const { code, stderr } = await runCommand(`node --import '${old}' test/check-node.mjs`, folder);

    expect({ code, stderr }).toEqual({
      code: 1,
      stderr:
        "The tests need Node 22.18 or newer, but this is Node 20.20.2. Install Node 24 from https://nodejs.org and run npm test again.\n",
    });
    const { scripts, engines } = await manifestOf(folder);
    expect(scripts.test).toMatch(/^node test\/check-node\.mjs && /);
    expect(engines).toEqual({ node: ">=22.18" });
    expect(await readFile(join(folder, "README.md"), "utf8")).toContain("This needs Node 22.18 or newer:");
  });

  it("does not publish sources and tests", async () => {
    const listed = (await commandOutput("tar -tzf kintoun-plugin-greeter-0.1.0.tgz", folder))
      .trim()
      .split("\n")
      .toSorted();

    expect(listed).toEqual(
      ["CHANGELOG.md", "LICENSE", "README.md", "dist/index.d.ts", "dist/index.js", "package.json"].map(
        (file) => `package/${file}`,
      ),
    );
  });

  it("uses the kit of the store after installation", async () => {
    expect(existsSync(join(clone, "node_modules/kintoun-plugin-greeter/dist/index.js"))).toBe(true);
    expect(existsSync(join(clone, "node_modules/kintoun-plugin-greeter/node_modules"))).toBe(false);
    expect((await manifestOf(join(clone, "node_modules/@kintoun/kit"))).private).toBe(true);
  });

  it("passes the steps of its workflow with all parts, also where TypeScript checks the kit's own types", async () => {
    const all = join(dirname(clone), "kintoun-plugin-all");
    await commandOutput(`node cli/main.ts plugins new all --package --parts ${PART_NAMES.join(",")}`, clone);
    await symlink(join(folder, "node_modules"), join(all, "node_modules"));

    const workflow = await readFile(join(all, ".github/workflows/test.yml"), "utf8");
    expect(workflow).toContain('node: ["22.18", "24"]');
    const [install, ...steps] = [...workflow.matchAll(/^ +- run: (.+)$/gm)].map(([, command]) => command);
    expect(install).toBe("if [ -f package-lock.json ]; then npm ci; else npm install; fi");
    expect(steps).toEqual(["npm run types", "npm test"]);
    await writeFile(join(all, "src/consumer.ts"), CONSUMER);

    const printed = await commandOutput("npm run types -- --skipLibCheck false && npm test", all);

    expect(printed).toMatch(new RegExp(`\\bpass ${PART_NAMES.length + 1}\n[\\s\\S]*\\bfail 0\n`));
  }, 120_000);

  it("is listed by `kintoun plugins`", async () => {
    const listed = JSON.parse(await commandOutput("npm run -s kintoun -- plugins show greeter --json", clone));

    expect(listed).toMatchObject({
      name: "greeter",
      active: true,
      parts: expect.arrayContaining([expect.objectContaining({ name: "GET /greeter/title" })]),
    });
  });

  describe("the packed kit", () => {
    it("depends exactly on what its files import", async () => {
      const { dependencies, devDependencies } = await manifestOf(clone);
      const published = await manifestOf(kit());
      const pinned = { ...devDependencies, ...dependencies };

      expect(published).toMatchObject({
        name: "@kintoun/kit",
        version: "0.2.0",
        license: "Apache-2.0",
        engines: { node: ">=22.18" },
      });
      expect(published.private).toBeUndefined();
      for (const [name, version] of Object.entries(published.dependencies))
        if (name !== "@types/node") expect([name, version]).toEqual([name, pinned[name]]);
      expect(Object.keys(published.dependencies)).toContain("zod");
      for (const name of ["hono", "@aws-sdk/client-dynamodb", "jest", "typescript", "aws-cdk-lib", "esbuild"])
        expect(Object.keys(published.dependencies)).not.toContain(name);
      for (const file of ["README.md", "LICENSE", "dist/kit/index.d.ts"])
        expect(existsSync(join(kit(), file))).toBe(true);
    });

    it("shares its files with @kintoun/testing", async () => {
      const testing = join(folder, "node_modules/@kintoun/testing");
      const published = await manifestOf(testing);

      expect(published.dependencies).toMatchObject({ "@kintoun/kit": "0.2.0", hono: expect.any(String) });
      for (const name of ["core", "kit", "lib"]) expect(existsSync(join(testing, "dist", name))).toBe(false);
      expect(await readFile(join(testing, "dist/testing/change-event.js"), "utf8")).toContain(
        'from "@kintoun/kit/internal/core/resources.js"',
      );
    });

    it("does not load the store unless tests need it", async () => {
      const loaded = await reached(join(kit(), "dist/kit/index.js"));
      const places = new Set([...loaded].map((file) => file.slice(join(kit(), "dist/").length).split("/")[0]));

      expect(loaded.size).toBeGreaterThan(5);
      expect([...places].toSorted()).toEqual(["core", "kit", "lib"]);
      expect([...loaded].filter((file) => file.includes("/core/store/transact") || file.includes("/testing/"))).toEqual(
        [],
      );
    });
  });
});

/** A file, and all that it imports. Throws where that is not from the same package, or Node's own. */
const reached = async (file: string, found = new Set<string>()): Promise<Set<string>> => {
  if (found.has(file)) return found;
  found.add(file);
  for (const [, to = ""] of (await readFile(file, "utf8")).matchAll(/^(?:import|export)\b[^;]*?\bfrom "([^"]+)"/gm)) {
    if (to.startsWith("node:")) continue;
    if (!to.startsWith(".")) throw new Error(`${file} imports ${to}`);
    await reached(join(dirname(file), to), found);
  }
  return found;
};
