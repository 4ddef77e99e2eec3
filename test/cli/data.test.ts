/** @slow */

import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { parse } from "yaml";
import { toKintoKey } from "../../cli/commands/data/import-key.ts";
import { kintoun } from "./operate.ts";
import { startRecovery } from "./point-in-time-recovery.ts";
import { AUTHORIZATION, type Started } from "./start-kintoun.ts";
import { startWithStack } from "./start-with-stack.ts";

const LIST = "/buckets/blog/collections/posts/records";
const folder = mkdtempSync(join(tmpdir(), "kintoun-data-"));
const file = join(folder, "store.ndjson.gz");
const page = readFileSync(join(import.meta.dirname, "../../docs/operations/move-data.md"), "utf8");
let started: Started;
let cloudFormation: Awaited<ReturnType<typeof startWithStack>>["cloudFormation"];
let variables: Readonly<Record<string, string>>;
let outputs: Map<string, string>;

beforeAll(async () => {
  ({ started, cloudFormation, variables, outputs } = await startWithStack(folder));
  for (const path of ["/buckets/blog", "/buckets/blog/collections/posts", `${LIST}/one`, `${LIST}/two`])
    await send("PUT", path);
});
afterAll(async () => {
  await started.end("SIGTERM");
  cloudFormation.close();
  rmSync(folder, { recursive: true, force: true });
});

const send = (method: string, path: string) =>
  fetch(`${started.url}${path}`, { method, headers: { authorization: AUTHORIZATION } });

/** The commands of the page, with the options and files of this test. */
const commandOf = (start: string): string => {
  const [, command = ""] = new RegExp(`^npx kintoun (${start}.*?)$`, "m").exec(page) ?? [];
  expect(command).not.toBe("");
  return command.replace("store.ndjson.gz", file);
};

describe("kintoun export and import", () => {
  it("writes a store to a file, and finds a stack equal to it", async () => {
    const exported = await kintoun(`${commandOf("export store")} --data ${folder}`);
    expect([exported.code, exported.stdout]).toEqual([0, ""]);
    expect(exported.stderr).toMatch(/Exported 5 objects, 0 tombstones, 4 entries of histories and 0 files\.\n/);
    const text = gunzipSync(readFileSync(file)).toString();
    expect(text).toContain(`"${LIST}/one"`);
    expect(JSON.parse(text.split("\n")[0] ?? "").store).toBe(`the data folder ${basename(folder)}`);
    expect(existsSync(`${file}.state`)).toBe(false);

    const again = await kintoun(`export ${file} --data ${folder}`);
    expect([again.code, again.stderr]).toEqual([1, expect.stringContaining("exists. Choose another name")]);

    const imported = await kintoun(commandOf("import store\\S* --stack \\S+$"), variables);
    expect(imported).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^5 unchanged\nCompared \d+ lists: both stores are equal\.\n$/),
    });
  });

  it("shows what it would write, and exits with 3 where stores differ", async () => {
    await send("DELETE", `${LIST}/one`);
    const tried = await kintoun(`${commandOf("import store.*--dry-run")} --json`, variables);
    expect(JSON.parse(tried.stdout)).toMatchObject({ dry_run: true, counts: { unchanged: 4, newer: 1 } });
    const imported = await kintoun(`import ${file} --data ${folder}`);
    expect(imported.code).toBe(3);
    expect(imported.stdout).toMatch(
      /^4 unchanged, 1 with a later change here, 4 entries of histories\nCompared \d+ lists: 2 differ\./,
    );
    expect(imported.stdout).toMatch(new RegExp(`^${LIST} +2 +1 +0 +1$`, "m"));
    expect(existsSync(`${file}.import-state`)).toBe(false);
  });

  it("reads the YAML of the page, changes nothing the second time, and writes YAML", async () => {
    const yaml = join(folder, "store.yaml");
    const [, example = ""] = /```yaml\n([\s\S]*?)```/.exec(page) ?? [];
    writeFileSync(yaml, example);
    const first = await kintoun(`import ${yaml} --data ${folder}`);
    expect([first.code, first.stdout]).toEqual([0, "2 created, 2 updated\n"]);
    expect((await kintoun(`import ${yaml} --data ${folder}`)).stdout).toBe("4 unchanged\n");
    rmSync(yaml);
    const exported = await kintoun(`export ${yaml} --data ${folder}`);
    expect([exported.code, exported.stderr]).toEqual([0, expect.stringMatching(/Exported 5 objects\.\n$/)]);
    expect(parse(readFileSync(yaml, "utf8"))).toMatchObject({
      buckets: {
        blog: {
          permissions: { read: ["system.Everyone"] },
          groups: { writers: { data: { members: ["account:bob"] } } },
          collections: { posts: { records: { hello: { data: { title: "Hello" } } } } },
        },
      },
    });
    const again = await kintoun(`export ${yaml} --data ${folder}`);
    expect([again.code, again.stderr]).toEqual([1, expect.stringContaining("store.yaml exists. Choose another name")]);
    writeFileSync(yaml, "bukets: { blog: { permissions: { fly: [] } } }");
    const misspelt = await kintoun(`import ${yaml} --data ${folder}`);
    expect([misspelt.code, misspelt.stderr]).toEqual([1, expect.stringContaining("which has no key 'buckets', so")]);
    writeFileSync(yaml, "buckets: { blog: { permissions: { fly: ['account:bob'] } } }");
    const refused = await kintoun(`import ${yaml} --data ${folder}`);
    expect([refused.code, refused.stdout]).toEqual([3, "1 refused\n"]);
    writeFileSync(yaml, "buckets: { blog: { lists: {} } }");
    const wrong = await kintoun(`import ${yaml} --data ${folder}`);
    expect([wrong.code, wrong.stderr]).toEqual([
      1,
      expect.stringContaining("/buckets/blog has the unknown key 'lists'"),
    ]);
  });

  it("works in pipes and by HTTP, and names the line that is no export", async () => {
    const piped = await kintoun(`export - --bucket blog --data ${folder} | node cli/main.ts import - --data ${folder}`);
    expect([piped.code, piped.stdout]).toEqual([
      0,
      expect.stringMatching(/^6 unchanged, 5 entries of histories\nCompared 5 lists: both stores are equal/),
    ]);
    const command = commandOf("import --from").replace(
      /--from \S+ --auth \S+/,
      `--from ${started.url} --auth alice:open-sesame`,
    );
    const read = await kintoun(`${command} --bucket blog --data ${folder}`);
    expect([read.code, read.stdout]).toEqual([
      0,
      expect.stringMatching(/^6 unchanged, 5 entries of histories\nCompared 4 lists: both stores are equal/),
    ]);
    expect(read.stderr).toContain("Kinto does not show the permissions of 3 objects");
    const wrong = await kintoun(`import package.json --data ${folder}`);
    expect([wrong.code, wrong.stderr]).toEqual([1, expect.stringContaining("package.json, line 1: it is not JSON")]);
    const neither = await kintoun("import");
    expect([neither.code, neither.stderr]).toEqual([
      1,
      expect.stringContaining("--from with the URL of a Kinto server"),
    ]);
  });
});

describe("a repeated import", () => {
  it("does not skip what an earlier run with other options has left out", async () => {
    const cut = join(folder, "cut.ndjson");
    const lines = gunzipSync(readFileSync(file)).toString().split("\n");
    writeFileSync(
      cut,
      lines
        .filter((line) => !line.includes('"end"'))
        .join("\n")
        .replaceAll("blog", "copy"),
    );
    const part = await kintoun(`import ${cut} --bucket other --data ${folder}`);
    expect([part.code, part.stderr]).toEqual([1, expect.stringContaining("The file is not complete")]);
    expect(existsSync(`${cut}.import-state`)).toBe(true);
    await kintoun(`import ${cut} --data ${folder}`);
    expect((await send("GET", `${LIST.replace("blog", "copy")}/two`)).status).toBe(200);
  });

  it("begins anew for another user, store or file of permissions", () => {
    const permissions = join(folder, "permissions.ndjson");
    const input = { url: "http://localhost/v1", auth: "alice:a", permissions: undefined };
    const before = toKintoKey(input, "one");
    writeFileSync(permissions, "");
    const empty = toKintoKey({ ...input, permissions }, "one");
    writeFileSync(permissions, "[]");
    const changed = toKintoKey({ ...input, permissions }, "one");
    const keys = [before, empty, changed, toKintoKey({ ...input, auth: undefined }, "one"), toKintoKey(input, "two")];
    expect(new Set(keys).size).toBe(5);
    expect(toKintoKey(input, "one")).toBe(before);
  });
});

describe("kintoun doctor", () => {
  it("finds nothing wrong with a store that runs", async () => {
    const { code, stdout } = await kintoun(`doctor --data ${folder}`);
    expect(stdout).toMatch(/^severity +check +finding\n/);
    expect(stdout).toMatch(/^note +who may create buckets +system\.Authenticated$/m);
    expect(stdout).toMatch(/^0 errors, 0 warnings, \d+ notes$/m);
    expect(code).toBe(0);
  });

  it("says what is wrong, what to do about it, and how severe it is", async () => {
    const broken = await kintoun(`doctor --json --data ${join(folder, "nowhere")}`);
    expect(broken.code).toBe(4);
    expect(JSON.parse(broken.stdout)[0]).toMatchObject({
      severity: "error",
      check: "connection",
      message: expect.stringContaining("There is no store in"),
    });
    const wrong = await kintoun(`doctor --json --data ${folder}`, { KINTOUN_PAGINATE_BY: "many" });
    expect([wrong.code, JSON.parse(wrong.stdout)]).toEqual([4, [expect.objectContaining({ check: "configuration" })]]);
    const readonly = await kintoun(`doctor --json --data ${folder}`, { KINTOUN_READONLY: "true" });
    expect([readonly.code, JSON.parse(readonly.stdout)[0]]).toMatchObject([3, { check: "read-only" }]);
  });
});

describe("kintoun restore", () => {
  it("restores the table of a stack into a new one, completes it, and says and checks what comes next", async () => {
    const recovery = await startRecovery(variables.AWS_ENDPOINT_URL_DYNAMODB ?? "");
    const env = { ...variables, AWS_ENDPOINT_URL_DYNAMODB: recovery.url };
    try {
      const late = await kintoun("restore --stack Kintoun --table restored --time 1m --yes", env);
      expect([late.code, late.stderr]).toEqual([1, expect.stringContaining("at the latest. Choose an earlier --time")]);
      const early = await kintoun("restore --stack Kintoun --table restored --time 2h --yes", env);
      expect([early.code, early.stderr]).toEqual([
        1,
        expect.stringContaining("at the earliest. Choose a later --time"),
      ]);
      const asked = await kintoun("restore --stack Kintoun --table restored --time 10m", env);
      expect([asked.code, asked.stderr]).toEqual([1, expect.stringContaining("Confirm with --yes")]);

      const restored = await kintoun("restore --stack Kintoun --table restored --time 10m --yes", env);
      expect(restored).toMatchObject({ code: 0 });
      expect(restored.stdout).toMatch(
        /^1\. Started to restore .*\n2\. restored is ACTIVE\.\n3\. restored has its stream/,
      );
      expect(restored.stdout).toContain("KINTOUN_DEPLOY_TABLE=restored npx cdk deploy Kintoun");
      expect(recovery.calls).toEqual(
        expect.arrayContaining(["UpdateTable", "UpdateTimeToLive", "UpdateContinuousBackups"]),
      );
      const again = await kintoun("restore --stack Kintoun --table restored", env);
      expect([again.code, again.stdout]).toEqual([0, expect.stringMatching(/^1\. The table restored exists\.\n2\./)]);

      outputs.set("TableName", "restored");
      const deployed = await kintoun("restore --stack Kintoun --table restored", env);
      expect([deployed.code, deployed.stdout]).toEqual([
        0,
        expect.stringMatching(/^6\. The stack Kintoun uses restored/),
      ]);
      const found = await kintoun("export - --bucket blog --stack Kintoun", env);
      expect(found.stdout).toContain(`"${LIST}/two"`);
    } finally {
      recovery.close();
    }
  }, 90_000);
});
