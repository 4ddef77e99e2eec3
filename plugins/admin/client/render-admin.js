import KintoAdmin from "kinto-admin";
import { createElement } from "react";
import { render } from "react-dom";
import { ErrorBoundary } from "./error-boundary.js";

const FALLBACK = createElement(
  "div",
  { className: "alert alert-danger m-3", role: "alert" },
  "This page cannot be shown. ",
  createElement("a", { href: "#/" }, "Go to the first page."),
);

/** kinto-admin no longer follows the address after it has failed, so that the next address loads it again. */
const reloadOnNavigation = () => addEventListener("hashchange", () => location.reload(), { once: true });

/** Shows the administration of one server in an element. */
export const renderAdmin = (server, element) => {
  const admin = createElement(KintoAdmin, { plugins: [], settings: { singleServer: server } });
  render(createElement(ErrorBoundary, { fallback: FALLBACK, onFail: reloadOnNavigation }, admin), element);
};
