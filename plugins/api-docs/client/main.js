import "openapi-explorer";

/** The API root, two levels above this page's path: `/v1/` of `/v1/docs/`. */
const root = new URL("../", location.href.split("#")[0]).href;

/**
 * Reads the OpenAPI document without HEAD, which every GET has, since the list of operations would be twice as long, and
 * without patterns of parameters, of which the reader makes random examples.
 */
const readDocument = async () => {
  const response = await fetch(`${root}__api__`, { headers: { accept: "application/json" } });
  if (!response.ok) throw new Error(`${root}__api__ answers with the status ${response.status}.`);
  const document = await response.json();
  for (const path of Object.values(document.paths)) delete path.head;
  for (const { schema } of Object.values(document.components.parameters)) delete schema.pattern;
  return { ...document, servers: [{ url: root.slice(0, -1) }] };
};

const explorer = document.querySelector("openapi-explorer");
try {
  await explorer.loadSpec(await readDocument());
} catch (error) {
  const note = document.querySelector("#error");
  note.hidden = false;
  note.textContent = `The OpenAPI document cannot be read. ${error.message} Load the page again.`;
}
