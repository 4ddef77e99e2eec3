import "openapi-explorer";

/** The API root, two levels above this page's path: `/v1/` of `/v1/docs/`. */
const root = new URL("../", location.href.split("#")[0]).href;

const explorer = document.createElement("openapi-explorer");
explorer.setAttribute("spec-url", `${root}__api__`);
document.body.append(explorer);
