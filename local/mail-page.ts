import type { LocalPage } from "./gateway.ts";
import type { ReceivedMail } from "./mail-sink.ts";
import { readMail } from "./read-mail.ts";

/** Prevents mails from running scripts and from loading resources, also in frames. */
const POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; frame-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

const STYLE = `body{font:16px/1.5 system-ui,sans-serif;max-width:50rem;margin:2rem auto;padding:0 1rem}article{border-top:1px solid #ccc;padding:1rem 0}
pre{white-space:pre-wrap;overflow-wrap:anywhere;background:#f6f6f6;padding:.5rem}small{color:#555}iframe{width:100%;height:16rem;border:1px solid #ccc}`;

/** Renders the received mails as a page, newest first. */
export const renderMailPage = async (mails: readonly ReceivedMail[]): Promise<LocalPage> => ({
  type: "text/html; charset=utf-8",
  contentSecurityPolicy: POLICY,
  body: await renderMails(mails),
});

const renderMails = async (mails: readonly ReceivedMail[]): Promise<string> => `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta http-equiv="refresh" content="5">
<title>Mail · Kintoun</title><style>${STYLE}</style></head>
<body><h1>Mail</h1><p>${mails.length === 0 ? "No mail yet." : `${mails.length} received; none were sent.`}</p>
${(await Promise.all(mails.toReversed().map(renderMail))).join("\n")}
</body></html>`;

const renderMail = async ({ at, from, to, subject, raw }: ReceivedMail): Promise<string> => {
  const { header, text, html } = await readMail(raw);
  const facts = [
    ["from", header("from") ?? from],
    ["to", header("to")],
    ["cc", header("cc")],
    ["reply to", header("reply-to")],
    ["delivered to", to.join(", ")],
  ].flatMap(([name, value]) => (value === undefined ? [] : [`${name} ${escapeHtml(value)}`]));
  return [
    `<article><h2>${escapeHtml(subject)}</h2><small>${[escapeHtml(at), ...facts].join(" · ")}</small>`,
    text === undefined ? "" : `<pre>${escapeHtml(text)}</pre>`,
    html === undefined ? "" : `<iframe sandbox title="As HTML" srcdoc="${escapeHtml(html)}"></iframe>`,
    `<details><summary>Source</summary><pre>${escapeHtml(raw)}</pre></details></article>`,
  ].join("");
};

const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
