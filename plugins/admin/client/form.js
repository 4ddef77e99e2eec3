// The forms of kinto-admin. A schema or uiSchema of a user that they cannot show breaks no page.
import form from "kinto-admin-form/lib/index.js";
import { createElement } from "react";
import { ErrorBoundary } from "./error-boundary.js";

const { default: Form, utils } = form;

export { utils };

const MESSAGE = "The schema of this collection cannot be shown as a form. Edit the raw JSON instead.";

export default function SafeForm(props) {
  // The children are the buttons, with the one to edit the raw JSON.
  const fallback = createElement(
    "div",
    { className: "alert alert-warning", role: "alert" },
    createElement("p", null, MESSAGE),
    props.children,
  );
  return createElement(ErrorBoundary, { resetKey: props.schema, fallback }, createElement(Form, props));
}
