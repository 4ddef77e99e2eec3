import { execFileSync } from "node:child_process";
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "@jest/globals";
import {
  addLanguageTabs,
  parseRequest,
  type ShownRequest,
  writeCurl,
  writeJavaScript,
  writePython,
} from "../../site/language-tabs.ts";

const docs = join(import.meta.dirname, "../../docs");
const folder = mkdtempSync(join(tmpdir(), "kintoun-test-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Each request of each page. */
const REQUESTS = globSync("**/*.md", { cwd: docs }).flatMap((page) =>
  [
    ...readFileSync(join(docs, page), "utf8").matchAll(
      /^```http\n((?:GET|HEAD|POST|PUT|PATCH|DELETE) [\s\S]*?)^```$/gm,
    ),
  ].flatMap(([, text = ""]) => parseRequest(text) ?? []),
);

/** A request as a client sends it. JSON is compared as values. */
interface SentRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}

const readBody = (body: string | undefined): unknown => {
  try {
    return JSON.parse(body ?? "null");
  } catch {
    return body;
  }
};

const expectedOf = ({ method, path, headers, body }: ShownRequest): SentRequest => ({
  method,
  url: `http://localhost:8888${path}`,
  headers: {
    ...(body !== undefined && { "content-type": "application/json" }),
    ...Object.fromEntries(
      headers.map(([name, value]) => [
        name.toLowerCase(),
        value.replace(/^Basic (.*:.*)$/, (_, pair: string) => `Basic ${Buffer.from(pair).toString("base64")}`),
      ]),
    ),
  },
  body: readBody(body),
});

describe("requests of the documentation in other languages", () => {
  const expected = REQUESTS.map(expectedOf);

  it("has most of them", () => {
    expect(REQUESTS.length).toBeGreaterThan(150);
  });

  it("curl sends the same", () => {
    // Prints its arguments, each in base64, and a line's end.
    const script = `curl() { for a in "$@"; do printf '%s ' "$(printf %s "$a" | base64 -w0)"; done; echo; }\n${REQUESTS.map(writeCurl).join("\n")}\n`;
    const lines = execFileSync("bash", [], { input: script, encoding: "utf8" }).trim().split("\n");
    const sent = lines.map((line): SentRequest => {
      const args = line
        .trim()
        .split(" ")
        .map((arg) => Buffer.from(arg, "base64").toString());
      const headers: Record<string, string> = {};
      let [method, url, body] = ["GET", "", undefined as string | undefined];
      for (let index = 0; index < args.length; index++) {
        const arg = args[index] ?? "";
        if (arg === "-s") continue;
        if (arg === "-I") method = "HEAD";
        else if (arg === "-X") method = args[++index] ?? "";
        else if (arg === "-u") headers.authorization = `Basic ${Buffer.from(args[++index] ?? "").toString("base64")}`;
        else if (arg === "--data-binary") body = args[++index];
        else if (arg === "-H") {
          const [, name = "", value = ""] = /^([^:]+): (.*)$/.exec(args[++index] ?? "") ?? [];
          headers[name.toLowerCase()] = value;
        } else url = arg;
      }
      return { method, url, headers, body: readBody(body) };
    });
    expect(sent).toEqual(expected);
  });

  it("JavaScript sends the same", async () => {
    const sent: SentRequest[] = [];
    for (const request of REQUESTS) {
      const run = new Function(
        ...["fetch", "console", `return (async () => {\n${writeJavaScript(request)}\n})();`],
      ) as (fetch: unknown, console: unknown) => Promise<void>;
      const fetch = async (url: string, { method = "GET", headers = {}, body }: RequestInit = {}) => {
        const own = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]);
        sent.push({ method, url, headers: Object.fromEntries(own), body: readBody(body as string | undefined) });
        return { json: async () => undefined, headers: new Map() };
      };
      await run(fetch, { log: () => undefined });
    }
    expect(sent).toEqual(expected);
  });

  it("Python sends the same", () => {
    const requests = `import base64, json
class Response:
    headers = {"ETag": ""}
    def json(self): return None
def send(method, url, auth=None, headers={}, json=None, data=None):
    headers = {name.lower(): value for name, value in headers.items()}
    if auth: headers["authorization"] = "Basic " + base64.b64encode(":".join(auth).encode()).decode()
    if json is not None: headers = {"content-type": "application/json", **headers}
    body = json if data is None else data.decode()
    sent.append({"method": method, "url": url, "headers": headers, "body": body})
    return Response()
sent = []
for name in ["get", "head", "post", "put", "patch", "delete"]:
    globals()[name] = (lambda method: lambda url, **options: send(method, url, **options))(name.upper())
`;
    writeFileSync(join(folder, "requests.py"), requests);
    const script = `${REQUESTS.map(writePython)
      .join("\n")
      .replaceAll(/^print\(.*$/gm, "")}\nimport json\nprint(json.dumps(requests.sent))`;
    const output = execFileSync("python3", ["-"], {
      input: script,
      cwd: folder,
      encoding: "utf8",
    });
    const sent = (JSON.parse(output) as SentRequest[]).map((one) => ({
      ...one,
      body: typeof one.body === "string" ? readBody(one.body) : one.body,
    }));
    expect(sent).toEqual(expected);
  });

  it("leaves out what it cannot show, and responses", () => {
    const page = '```http\nPOST /v1/batch\n\n{"requests": […]}\n```\n\n```http\nHTTP/1.1 200 OK\n```\n';
    expect(addLanguageTabs(page)).toBe(page);
  });
});
