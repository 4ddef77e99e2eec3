import KintoAdmin from "kinto-admin";
import { createElement } from "react";
import { render } from "react-dom";

/** The API root, two levels above this page's path: `/v1/` of `/v1/admin/`. */
const server = new URL("../", location.href.split("#")[0]).href;

render(createElement(KintoAdmin, { plugins: [], settings: { singleServer: server } }), document.getElementById("root"));
