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
  if (response.ok) document.querySelector("button").disabled = true;
});`;
const SCRIPT_HASH = createHash("sha256").update(SCRIPT).digest("base64");

/** The page of a link that sets a password. @param id letters, digits and `_+.@-` */
export const passwordPage = (id: string, minLength: number): RouteResponse => ({
  status: 200,
  headers: {
    "Content-Type": "text/html; charset=utf-8",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": `default-src 'none'; script-src 'sha256-${SCRIPT_HASH}'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
  },
  body: `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Set a password</title>
<h1>Set the password of ${id}</h1>
<form>
<label>Password <input type="password" autocomplete="new-password" minlength="${minLength}" maxlength="1000" required></label>
<button>Set password</button>
</form>
<output role="status"></output>
<script>${SCRIPT}</script>
</html>
`,
});
