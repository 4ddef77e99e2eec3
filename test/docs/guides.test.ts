import { execFile } from "node:child_process";
import { createHmac } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { describe, expect, it } from "@jest/globals";
import { storeHookPoints } from "@kintoun/kit";
import { startStore, type TestStore } from "../start-store.ts";
import { createExampleFolder, guideExamples, writeModules } from "./examples.ts";

const root = join(import.meta.dirname, "../..");
const read = (page: string): string => readFileSync(join(root, "docs", page), "utf8");

const folder = createExampleFolder();
const examples = guideExamples();
writeModules(folder, examples);

describe("docs", () => {
  it.each(examples)("$page has an example that passes: $name", async ({ file }) => {
    expect.hasAssertions();
    await import(pathToFileURL(join(folder, file)).href);
  });
});

describe("docs/guides/search-plugin.md", () => {
  it.each(["indexer.ts", "mapping.ts", "index.ts"])("shows %s as the test of the tutorial runs it", (file) => {
    const source = readFileSync(join(root, "test/tutorials/search-plugin", file), "utf8");
    expect(read("guides/search-plugin.md")).toContain(`// kinto-elasticsearch/${file}\n${source}\`\`\``);
  });
});

describe("docs/guides/coming-from-kinto.md", () => {
  it("copies a server with a script that keeps data, timestamps and permissions", async () => {
    const [, script = ""] = /^```js\n([\s\S]*?)^```$/m.exec(read("guides/coming-from-kinto.md")) ?? [];
    writeFileSync(join(folder, "copy.mjs"), script);
    const overrides = { useridHmacSecret: "secret" };
    const admin = `basicauth:${createHmac("sha256", "secret").update("admin:secret").digest("hex")}`;
    const everything = (permission: "Read" | "Write") =>
      Object.fromEntries(
        ["bucket", "group", "collection", "record"].map((name) => [`${name}${permission}Principals`, [admin]]),
      );
    await using old = await startStore({ overrides, settings: everything("Read") });
    await old.put("/buckets/blog");
    await old.put("/buckets/blog/groups/writers", { data: { members: [await old.userId("alice")] } });
    const posts = { permissions: { "record:create": ["/buckets/blog/groups/writers"] } };
    await old.put("/buckets/blog/collections/posts", posts);
    for (const id of ["a", "b", "c"])
      await old.put(`/buckets/blog/collections/posts/records/${id}`, { data: { title: id } });
    await using copy = await startStore({
      overrides,
      settings: { ...everything("Write"), explicitPermissions: false },
    });
    const objects = [
      "",
      "/groups/writers",
      "/collections/posts",
      ...["a", "b", "c"].map((id) => `/collections/posts/records/${id}`),
    ];
    const bodies = (store: TestStore) =>
      Promise.all(objects.map(async (path) => (await store.get(`/buckets/blog${path}`)).body));
    const entries = (await bodies(old)).flatMap(({ permissions }, place) =>
      Object.entries<string[]>(permissions).flatMap(([permission, principals]) =>
        principals.map((principal) => JSON.stringify([`/buckets/blog${objects[place]}`, permission, principal])),
      ),
    );
    const file = join(folder, "permissions.ndjson");
    writeFileSync(file, `${entries.join("\n")}\n`);

    const run = [join(folder, "copy.mjs"), old.url, copy.url, "admin:secret", file];
    await promisify(execFile)(process.execPath, run);
    await promisify(execFile)(process.execPath, run);

    expect(await bodies(copy)).toEqual(await bodies(old));
  });
});

describe("docs/guides/coming-from-elita.md", () => {
  const rows = [...read("guides/coming-from-elita.md").matchAll(/^\| `([A-Z_]+)` \| (.*?) \| .+ \|$/gm)];

  it("has a row for each hook of Elita", () => {
    expect(rows.map(([, name]) => name)).toEqual([
      "BUILD_UPLOAD_SUCCESS",
      "GITDEPLOY_INIT_PRE",
      "GITDEPLOY_INIT_POST",
      "GITDEPLOY_DEINIT_PRE",
      "GITDEPLOY_DEINIT_POST",
      "GITDEPLOY_COMMIT_DIFF",
      "AUTO_DEPLOYMENT_START",
      "AUTO_DEPLOYMENT_BATCH_BEGIN",
      "AUTO_DEPLOYMENT_BATCH_DONE",
      "AUTO_DEPLOYMENT_COMPLETE",
    ]);
  });

  it("names only hook points that exist", () => {
    const named = rows.flatMap(([, , ours = ""]) =>
      [...ours.matchAll(/`([a-z]+\.[a-z]+)`/g)].map(([, name = ""]) => name),
    );

    expect(named.length).toBeGreaterThan(0);
    expect(named.filter((name) => !Object.hasOwn(storeHookPoints, name))).toEqual([]);
  });
});
