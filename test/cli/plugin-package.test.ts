/** @slow */

import { existsSync } from "node:fs";
import { readFile, rm, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { PART_NAMES } from "../../cli/plugin-template/parts.ts";
import { addToConfig, cleanClone } from "./clean-clone.ts";
import { blocksOf, follow } from "./follow.ts";
import { makeProject, requestOnce } from "./make-project.ts";
import { commandOutput, runCommand } from "./run-command.ts";

const OPTIONS = 'greeter({ title: "Ours" })';

/** Megabytes of what a project with a store installs, without what it has for development only. */
const MAX_INSTALLED_MB = 250;

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
      for (const file of ["README.md", "LICENSE", "kit/index.d.ts"]) expect(existsSync(join(kit(), file))).toBe(true);
    });

    it("shares its files with the store", async () => {
      const store = join(folder, "node_modules/kintoun");
      const [published, testing] = await Promise.all(
        [store, join(folder, "node_modules/@kintoun/testing")].map(manifestOf),
      );

      expect(published.dependencies).toMatchObject({ "@kintoun/kit": "0.2.0", hono: expect.any(String) });
      expect(testing.dependencies).toEqual({ kintoun: "0.2.0" });
      for (const name of ["core", "kit", "lib"]) expect(existsSync(join(store, name))).toBe(false);
      expect(await readFile(join(store, "testing/change-event.js"), "utf8")).toContain(
        'from "@kintoun/kit/internal/core/resources.js"',
      );
    });

    it("does not load the store unless tests need it", async () => {
      const loaded = await reached(join(kit(), "kit/index.js"));
      const places = new Set([...loaded].map((file) => file.slice(join(kit(), "/").length).split("/")[0]));

      expect(loaded.size).toBeGreaterThan(5);
      expect([...places].toSorted()).toEqual(["core", "kit", "lib"]);
      expect([...loaded].filter((file) => file.includes("/core/store/transact") || file.includes("/testing/"))).toEqual(
        [],
      );
    });
  });

  describe("a project", () => {
    let project: string;
    let printed: string;
    beforeAll(async () => {
      project = join(dirname(clone), "my-shop");
      printed = await makeProject(project, {
        packed: folder,
        installed: join(folder, "node_modules"),
        extras: join(clone, "node_modules"),
      });
    });

    it("is made by the generator, which says what to do next", async () => {
      expect(printed).toMatch(/^Wrote the project my-shop to .*\nNext:\n[\s\S]*npm start/);
      expect(await manifestOf(project)).toMatchObject({ name: "my-shop", dependencies: { kintoun: "0.2.0" } });
      expect(await readFile(join(project, "infra/main.ts"), "utf8")).toContain("`my-shop-$");
      expect(existsSync(join(project, ".gitignore"))).toBe(true);
    });

    it("is not made in a folder that is not empty, and only with a name that npm and AWS allow", async () => {
      const create = (name: string) =>
        runCommand(`node ${project}-generator/package/main.mjs ${name}`, dirname(project));

      expect(await create("my-shop")).toMatchObject({
        code: 1,
        stderr: expect.stringMatching(/^The folder my-shop is not empty/),
      });
      for (const name of ["My-Shop", "1shop", "my--shop", "kintoun", "s".repeat(41)])
        expect(await create(name)).toMatchObject({ code: 1, stderr: expect.stringMatching(/cannot /) });
      expect(existsSync(join(dirname(project), "My-Shop"))).toBe(false);
    });

    it("starts, with the plugin of its folder", async () => {
      expect(JSON.parse(await requestOnce(project, "/hello/ada"))).toEqual({ hello: "ada" });
    });

    it("says what its example needs, which is large", async () => {
      const { code, stderr } = await runCommand("npx kintoun example", project);

      expect(code).toBe(1);
      expect(stderr).toMatch(/npm install --no-save world-countries\n$/);
    });

    it("creates a plugin, and tests it with the others", async () => {
      const created = await commandOutput("npx kintoun plugins new notes --parts listener,route", project);
      const tested = await commandOutput("npm run -s types && npm test", project);

      expect(created).toContain("Wrote plugins/notes/index.ts");
      expect(tested).toMatch(/\bpass 5\n[\s\S]*\bfail 0\n/);
    }, 120_000);

    it("synthesizes its stack with the code of its plugin", async () => {
      await commandOutput("npx cdk synth --quiet", project);

      const { Resources } = JSON.parse(await readFile(join(project, "cdk.out/my-shop-dev.template.json"), "utf8"));
      const [table] = Object.values<Record<string, unknown>>(Resources).filter(
        ({ Type }) => Type === "AWS::DynamoDB::Table",
      );
      expect(table).toMatchObject({ DeletionPolicy: "Delete", Properties: { DeletionProtectionEnabled: false } });
      const code = join(project, "cdk.out/my-shop-dev/bundles/api");
      expect(await commandOutput("cat main.mjs chunks/*", code)).toContain("Greets users and logs new records.");
    }, 120_000);

    it("names the stages when it has no such one", async () => {
      const unknown = { CDK_CONTEXT_JSON: '{"stage":"nope"}' };
      const { code, stderr } = await runCommand("node infra/main.ts", project, unknown);
      expect({ code, stderr }).toEqual({ code: 1, stderr: "There is no stage 'nope'. Choose one of: dev, prod.\n" });
    });

    it("has the built pages of plugins", () => {
      expect(existsSync(join(folder, "node_modules/kintoun/plugins/admin/admin-pages/index.html"))).toBe(true);
    });

    it(`installs less than ${MAX_INSTALLED_MB} MB beside what is for development`, async () => {
      const [kilobytes = ""] = (
        await commandOutput("du -skL --exclude=typescript --exclude='@types' .", join(folder, "node_modules"))
      ).split("\t");

      expect(Number(kilobytes)).toBeGreaterThan(50_000);
      expect(Number(kilobytes)).toBeLessThan(MAX_INSTALLED_MB * 1000);
    });

    it.each(["kintoun", "@kintoun/kit", "@kintoun/testing"])(
      "has the package %s without findings of publint",
      async (name) => {
        const pkgDir = join(project, "node_modules", name);
        const { messages, pkg = {} } = await publint({ pkgDir, pack: false, strict: true });

        expect(messages.map((message) => formatMessage(message, pkg))).toEqual([]);
      },
    );
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
