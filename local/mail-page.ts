import type { CaughtMail } from "./mail-sink.ts";

/** The mails that were caught, newest first, as a page. */
export const mailPage = (mails: readonly CaughtMail[]): string => `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta http-equiv="refresh" content="5"><title>Mail · Kintoun</title>
<style>body{font:16px/1.5 system-ui,sans-serif;max-width:50rem;margin:2rem auto;padding:0 1rem}article{border-top:1px solid #ccc;padding:1rem 0}pre{white-space:pre-wrap;overflow-wrap:anywhere;background:#f6f6f6;padding:.5rem}small{color:#555}</style></head>
<body><h1>Mail</h1><p>${mails.length === 0 ? "No mail yet." : `${mails.length} caught; none left this machine.`}</p>
${mails.toReversed().map(article).join("\n")}
</body></html>`;

const article = ({ at, from, to, subject, raw }: CaughtMail): string =>
  `<article><h2>${escaped(subject)}</h2><small>${escaped(at)} · from ${escaped(from)} · to ${escaped(to.join(", "))}</small><pre>${escaped(raw)}</pre></article>`;

const escaped = (text: string): string => text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
