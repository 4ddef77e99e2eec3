/** A request to copy. */
export interface ShownRequest {
  readonly method: "GET" | "POST";
  /** The URL of the API. */
  readonly url: string;
  /** With the query. */
  readonly path: string;
  readonly body?: unknown;
}

const quoteShell = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
/** Python's literals are JSON's, but for three names. Strings stay as they are. */
const toPython = (value: unknown): string =>
  `json.loads(r'''${JSON.stringify(value, null, 2).replaceAll("'''", "\\u0027\\u0027\\u0027")}''')`;

/** The request as curl, kinto.js and Python, with a placeholder for the token. */
export const printRequest = ({ method, url, path, body }: ShownRequest): Readonly<Record<string, string>> => ({
  curl: [
    `curl ${quoteShell(`${url}${path}`)}`,
    `  -H "Authorization: Bearer $TOKEN"`,
    ...(body === undefined
      ? []
      : [`  -H 'Content-Type: application/json'`, `  -d ${quoteShell(JSON.stringify(body, null, 2))}`]),
  ].join(" \\\n"),
  "kinto.js": `import KintoClient from "kinto-http";

const client = new KintoClient(${JSON.stringify(url)}, {
  headers: { Authorization: \`Bearer \${token}\` },
});
const { json } = await client.execute(
  {
    method: ${JSON.stringify(method)},
    path: ${JSON.stringify(path)},${body === undefined ? "" : `\n    headers: { "Content-Type": "application/json" },\n    body: ${JSON.stringify(body, null, 2).replaceAll("\n", "\n    ")},`}
  },
  { raw: true },
);`,
  Python: `${body === undefined ? "" : "import json\n\n"}from kinto_http import BearerTokenAuth, Client

client = Client(server_url=${JSON.stringify(url)}, auth=BearerTokenAuth(token))
body, headers = client.session.request(
    ${JSON.stringify(method.toLowerCase())},
    ${JSON.stringify(path)},${body === undefined ? "" : `\n    payload=${toPython(body)},`}
)`,
});
