import { createHash } from "node:crypto";
import type { RouteResponse } from "@kintoun/kit";

const SCRIPT = `document.querySelector("form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const message = document.querySelector("output");
  const password = document.querySelector("input").value;
  const response = await fetch(location.pathname, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ password }),
  });
  const body = await response.json();
  message.textContent = response.ok ? "The password is set. You can log in." : body.message;
  if (!response.ok) return;
  document.querySelector("button").disabled = true;
  // Browsers are redirected from the root of the API if there are pages to log in at.
  const root = new URL("../../../", location.href);
  const { type } = await fetch(root, { headers: { Accept: "text/html" }, redirect: "manual" });
  if (type === "opaqueredirect") location.assign(root);
});`;
const STYLE = `:root { color-scheme: light dark; font: 14px/1.5 system-ui, sans-serif; }
body { max-width: 336px; margin: 10vh auto; padding: 0 16px; background: light-dark(#f6f7f9, #0f1317); color: light-dark(#1a2027, #e5e9ee); }
h1 { font-size: 20px; line-height: 28px; overflow-wrap: anywhere; }
form, label { display: grid; gap: 8px; }
form { gap: 16px; margin-bottom: 16px; }
input, button { box-sizing: border-box; min-height: 36px; padding: 4px 12px; border: 1px solid light-dark(#8a94a0, #66717d); border-radius: 6px; font: inherit; }
button { border: 0; background: light-dark(#2257c5, #86abff); color: light-dark(#ffffff, #0d1626); font-weight: 500; cursor: pointer; }
button:disabled { opacity: 0.6; }
:focus-visible { outline: 2px solid light-dark(#2257c5, #86abff); outline-offset: 2px; }`;
const hash = (text: string): string => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
const CONTENT_SECURITY_POLICY = `default-src 'none'; script-src ${hash(SCRIPT)}; style-src ${hash(STYLE)}; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;

/** The page of a link that sets a password. @param id letters, digits and `_+.@-` */
export const passwordPage = (id: string, minLength: number): RouteResponse => ({
  status: 200,
  headers: {
    "Content-Type": "text/html; charset=utf-8",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
  },
  body: `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Set a password</title>
<style>${STYLE}</style>
<main>
<h1>Set the password of ${id}</h1>
<form>
<label>Password <input type="password" autocomplete="new-password" minlength="${minLength}" maxlength="1000" required></label>
<button>Set password</button>
</form>
<output role="status"></output>
</main>
<script>${SCRIPT}</script>
</html>
`,
});
