/** A request as the documentation shows it. */
export interface ShownRequest {
  readonly method: string;
  /** With the version and the query. */
  readonly path: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string | undefined;
}

const ORIGIN = "http://localhost:8888";

/**
 * Adds tabs with the same request in other languages to each `http` block with a request. On GitHub the page has the HTTP
 * message alone.
 */
export const addLanguageTabs = (page: string): string =>
  page.replace(/^```http\n((?:GET|HEAD|POST|PUT|PATCH|DELETE) [\s\S]*?)^```$/gm, (block, text: string) => {
    const request = parseRequest(text);
    if (request === undefined) return block;
    return [
      "::: code-group",
      "```http [HTTP]",
      `${text}\`\`\``,
      ...Object.entries(LANGUAGES).flatMap(([name, { fence, write }]) => [
        `\`\`\`${fence} [${name}]`,
        write(request),
        "```",
      ]),
      ":::",
    ].join("\n");
  });

/** `undefined` for what other languages cannot show: a body that is shortened, or of another type than text. */
export const parseRequest = (text: string): ShownRequest | undefined => {
  const [head = "", ...rest] = text.split("\n\n");
  const [start = "", ...lines] = head.trimEnd().split("\n");
  const [, method = "", path = ""] = /^([A-Z]+) (\S+)$/.exec(start) ?? [];
  const headers = lines.map((line): [string, string] => {
    const [, name = "", value = ""] = /^([\w-]+): ?(.*)$/.exec(line) ?? [];
    return [name, value];
  });
  const body = rest.length === 0 ? undefined : rest.join("\n\n").trimEnd();
  const isShown = path !== "" && headers.every(([name]) => name !== "") && !/…/.test(`${path}${body ?? ""}`);
  return isShown ? { method, path, headers, body } : undefined;
};

const isJson = (body: string): boolean => {
  try {
    JSON.parse(body);
    return true;
  } catch {
    return false;
  }
};

/** The user and the password of `Basic alice:secret`, as pages show it. */
const basicOf = ({ headers }: ShownRequest): readonly [user: string, password: string] | undefined => {
  const [, user, password] = /^Basic ([^:]+):(.+)$/.exec(findHeader(headers, "authorization") ?? "") ?? [];
  return user === undefined || password === undefined ? undefined : [user, password];
};

const findHeader = (headers: ShownRequest["headers"], name: string): string | undefined =>
  headers.find(([own]) => own.toLowerCase() === name)?.[1];

/** The headers without those that a client adds by itself. */
const otherHeaders = (request: ShownRequest): readonly (readonly [string, string])[] => {
  const own = request.headers.filter(
    ([name]) => name.toLowerCase() !== "authorization" || basicOf(request) === undefined,
  );
  const hasType = findHeader(own, "content-type") !== undefined;
  return request.body === undefined || hasType ? own : [["Content-Type", "application/json"], ...own];
};

export const writeCurl = (request: ShownRequest): string => {
  const basic = basicOf(request);
  const { method, path, body } = request;
  const first = `curl -s${method === "GET" ? "" : method === "HEAD" ? " -I" : ` -X ${method}`}`;
  return [
    `${first}${basic === undefined ? "" : ` -u ${quoteIfNeeded(basic.join(":"))}`} ${quoteShell(`${ORIGIN}${path}`)}`,
    ...otherHeaders(request).map(([name, value]) => `  -H ${quoteShell(`${name}: ${value}`)}`),
    ...(body === undefined ? [] : [`  --data-binary ${quoteShell(body)}`]),
  ].join(" \\\n");
};

const quoteIfNeeded = (text: string): string => (/^[\w:@.+-]+$/.test(text) ? text : quoteShell(text));
const quoteShell = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

export const writeJavaScript = (request: ShownRequest): string => {
  const { method, path, body } = request;
  const basic = basicOf(request);
  const headers = otherHeaders(request).map(
    ([name, value]) => `    ${JSON.stringify(name)}: ${JSON.stringify(value)},`,
  );
  if (basic !== undefined)
    headers.unshift(`    Authorization: \`Basic \${btoa(${JSON.stringify(basic.join(":"))})}\`,`);
  const options = [
    ...(method === "GET" ? [] : [`  method: "${method}",`]),
    ...(headers.length === 0 ? [] : ["  headers: {", ...headers, "  },"]),
    ...(body === undefined ? [] : [`  body: ${toJavaScriptBody(body)},`]),
  ];
  const url = JSON.stringify(`${ORIGIN}${path}`);
  return [
    options.length === 0 ? `const response = await fetch(${url});` : `const response = await fetch(${url}, {`,
    ...options,
    ...(options.length === 0 ? [] : ["});"]),
    method === "HEAD" ? 'console.log(response.headers.get("etag"));' : "console.log(await response.json());",
  ].join("\n");
};

/** Numbers that JavaScript cannot represent exactly are sent as text. */
const toJavaScriptBody = (body: string): string =>
  canBeJson(body) ? `JSON.stringify(${body.split("\n").join("\n  ")})` : `\`${body.replace(/[\\`$]/g, "\\$&")}\``;

const sameText = (one: string, other: string): boolean => one.replace(/\s/g, "") === other.replace(/\s/g, "");

export const writePython = (request: ShownRequest): string => {
  const { method, path, body } = request;
  const basic = basicOf(request);
  const headers = otherHeaders(request).filter(
    ([name, value]) =>
      body === undefined || !(name === "Content-Type" && value === "application/json" && canBeJson(body)),
  );
  const options = [
    ...(basic === undefined ? [] : [`    auth=(${basic.map((text) => JSON.stringify(text)).join(", ")}),`]),
    ...(headers.length === 0
      ? []
      : [
          `    headers={${headers.map(([name, value]) => `${JSON.stringify(name)}: ${JSON.stringify(value)}`).join(", ")}},`,
        ]),
    ...(body === undefined
      ? []
      : [canBeJson(body) ? `    json=${toPython(JSON.parse(body))},` : `    data=${JSON.stringify(body)}.encode(),`]),
  ];
  return [
    "import requests",
    "",
    `response = requests.${method.toLowerCase()}(`,
    `    ${JSON.stringify(`${ORIGIN}${path}`)},`,
    ...options,
    ")",
    method === "HEAD" ? 'print(response.headers["ETag"])' : "print(response.json())",
  ].join("\n");
};

const canBeJson = (body: string): boolean => isJson(body) && sameText(JSON.stringify(JSON.parse(body)), body);

/** A JSON value as Python writes it. */
const toPython = (value: unknown): string => {
  if (value === null) return "None";
  if (value === true || value === false) return value ? "True" : "False";
  if (Array.isArray(value)) return `[${value.map(toPython).join(", ")}]`;
  if (typeof value === "object")
    return `{${Object.entries(value)
      .map(([name, item]) => `${JSON.stringify(name)}: ${toPython(item)}`)
      .join(", ")}}`;
  return JSON.stringify(value);
};

const LANGUAGES: Readonly<
  Record<string, { readonly fence: string; readonly write: (request: ShownRequest) => string }>
> = {
  curl: { fence: "sh", write: writeCurl },
  JavaScript: { fence: "js", write: writeJavaScript },
  Python: { fence: "python", write: writePython },
};
