import { createElement, useEffect } from "react";

/** How long a message stays that is no error. Errors stay until they are closed. */
const SHOWN_MS = 4000;

const isError = ({ type }) => type === "danger" || type === "error";

const Alert = ({ alert, close }) =>
  createElement(
    "div",
    { className: `alert alert-${isError(alert) ? "danger" : alert.type} alert-dismissible` },
    createElement("strong", null, alert.headline),
    createElement("div", null, alert.message),
    createElement("button", { type: "button", className: "close", "aria-label": "Close", onClick: close }, "×"),
  );

/** The messages of kinto-admin, newest last. Their ids are their positions. */
export const AlertList = ({ alerts, onDismiss }) => {
  const oldest = alerts.find((alert) => !isError(alert));
  // Each message is a new object at each call.
  useEffect(() => {
    const timer = oldest && setTimeout(() => onDismiss(oldest), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [alerts.length]);
  return createElement(
    "div",
    { "aria-live": "polite" },
    alerts.map((alert) => createElement(Alert, { key: alert.id, alert, close: () => onDismiss(alert) })),
  );
};
