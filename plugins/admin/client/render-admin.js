import KintoAdmin from "kinto-admin";
import { createElement } from "react";
import { render } from "react-dom";

/** Shows the administration of one server in an element. */
export const renderAdmin = (server, element) =>
  render(createElement(KintoAdmin, { plugins: [], settings: { singleServer: server } }), element);
