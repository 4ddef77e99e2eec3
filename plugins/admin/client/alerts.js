import { createElement } from "react";

/** How long a message of success stays. Errors stay until they are closed. */
const SHOWN_MS = 5000;
const COLORS = { error: "danger" };

const closing = new WeakMap();
const closeLater = (alert, close) => (element) => {
  if (element === null || closing.has(element) || alert.type === "error" || alert.type === "danger") return;
  closing.set(element, setTimeout(close, SHOWN_MS));
};

const Alert = ({ alert, close }) =>
  createElement(
    "div",
    {
      className: `alert alert-${COLORS[alert.type] ?? alert.type} alert-dismissible`,
      role: "alert",
      ref: closeLater(alert, close),
    },
    createElement("h4", null, alert.headline),
    alert.message,
    createElement("button", { type: "button", className: "close", "aria-label": "Close", onClick: close }, "×"),
  );

/** The messages of kinto-admin, newest last. */
export const AlertList = ({ alerts, onDismiss }) =>
  createElement(
    "div",
    { "aria-live": "polite" },
    alerts.map((alert) => createElement(Alert, { key: alert.id, alert, close: () => onDismiss(alert) })),
  );
