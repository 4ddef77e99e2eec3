import type { CaughtMail } from "./mail-sink.ts";
import { readMime } from "./read-mime.ts";

/** Nothing of a mail may run, or load anything; frames of HTML inherit it. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-src 'self'";

const STYLE = `body{font:16px/1.5 system-ui,sans-serif;max-width:50rem;margin:2rem auto;padding:0 1rem}article{border-top:1px solid #ccc;padding:1rem 0}
pre{white-space:pre-wrap;overflow-wrap:anywhere;background:#f6f6f6;padding:.5rem}small{color:#555}iframe{width:100%;height:16rem;border:1px solid #ccc}`;

/** The mails that were caught, newest first, as a page. */
export const mailPage = (mails: readonly CaughtMail[]): string => `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${POLICY}"><meta http-equiv="refresh" content="5">
<title>Mail · Kintoun</title><style>${STYLE}</style></head>
<body><h1>Mail</h1><p>${mails.length === 0 ? "No mail yet." : `${mails.length} caught; none left this machine.`}</p>
${mails.toReversed().map(article).join("\n")}
</body></html>`;

const article = ({ at, from, to, subject, raw }: CaughtMail): string => {
  const { header, text, html } = readMime(raw);
  const facts = [
    ["from", header("from") ?? from],
    ["to", header("to")],
    ["cc", header("cc")],
    ["reply to", header("reply-to")],
    ["reached", to.join(", ")],
  ].flatMap(([name, value]) => (value === undefined ? [] : [`${name} ${escaped(value)}`]));
  return [
    `<article><h2>${escaped(subject)}</h2><small>${[escaped(at), ...facts].join(" · ")}</small>`,
    text === undefined ? "" : `<pre>${escaped(text)}</pre>`,
    html === undefined ? "" : `<iframe sandbox title="As HTML" srcdoc="${escaped(html)}"></iframe>`,
    `<details><summary>As it was sent</summary><pre>${escaped(raw)}</pre></details></article>`,
  ].join("");
};

const escaped = (text: string): string => text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
