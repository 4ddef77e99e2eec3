import { useState } from "preact/hooks";
import { Code, EmptyState, Load, Pager, Tabs, Time } from "../../components/index.ts";
import { ApiError, api, pathOf } from "../../lib/api.ts";
import { href } from "../../lib/router.ts";
import { usePages } from "../../lib/use-pages.ts";
import { useResource } from "../../lib/use-resource.ts";

const POLL_MS = 5000;

interface MailSummary {
  readonly id: string;
  readonly at: string;
  readonly from: string;
  readonly to: readonly string[];
  readonly subject: string;
}

interface Mail extends MailSummary {
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string | null;
  readonly html: string | null;
  readonly raw: string;
  readonly truncated: boolean;
}

/** The caught mails, and the one that is open. */
export const Mails = ({ id }: { readonly id: string | undefined }) => {
  const pages = usePages<MailSummary>("/__operations__/mails?_limit=50", { pollMs: POLL_MS });
  if (pages.error instanceof ApiError && pages.error.status === 404)
    return <EmptyState title="Nothing is kept here">{pages.error.message}</EmptyState>;
  return (
    <Load resource={pages}>
      {({ rows }) =>
        rows.length === 0 ? (
          <EmptyState title="No mail yet">Mails that plugins send appear here. None of them is sent.</EmptyState>
        ) : (
          <div class="mail-columns">
            <div class="stack-small">
              <ul class="panel mail-list" aria-label="Mails">
                {rows.map((mail) => (
                  <li key={mail.id}>
                    <a
                      class="mail-link"
                      href={href(["mail", "mails", mail.id])}
                      aria-current={mail.id === id ? "true" : undefined}
                    >
                      <span class="mail-subject">{mail.subject || "(no subject)"}</span>
                      <span class="muted small row row-spread">
                        <span>{mail.to.join(", ")}</span>
                        <Time at={Date.parse(mail.at)} />
                      </span>
                    </a>
                  </li>
                ))}
              </ul>
              <Pager pages={pages} />
            </div>
            {id === undefined ? (
              <EmptyState title="No mail is open">Choose one from the list.</EmptyState>
            ) : (
              <OpenMail key={id} id={id} />
            )}
          </div>
        )
      }
    </Load>
  );
};

const OpenMail = ({ id }: { readonly id: string }) => {
  const mail = useResource(
    (signal) => api.get<{ readonly data: Mail }>(pathOf("__operations__", "mails", id), signal),
    [id],
  );
  return <Load resource={mail}>{({ data }) => <MailContent mail={data} />}</Load>;
};

const MailContent = ({ mail }: { readonly mail: Mail }) => {
  const { at, from, to, subject, headers, text, html, raw, truncated } = mail;
  const tabs = [
    ...(html === null ? [] : [{ id: "html", label: "HTML" }]),
    ...(text === null ? [] : [{ id: "text", label: "Text" }]),
    { id: "source", label: "Source" },
  ];
  const [shown, setShown] = useState(tabs[0]?.id ?? "source");
  const facts = [
    ["From", headers.from ?? from],
    ["To", headers.to ?? to.join(", ")],
    ["Cc", headers.cc],
    ["Reply to", headers["reply-to"]],
    ["Delivered to", to.join(", ")],
  ].filter((fact): fact is [string, string] => fact[1] !== undefined);
  return (
    <article class="panel stack" aria-label="Mail">
      <h2>{subject || "(no subject)"}</h2>
      <dl class="mail-facts">
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt class="muted">{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
        <div>
          <dt class="muted">Received</dt>
          <dd>
            <Time at={Date.parse(at)} />
          </dd>
        </div>
      </dl>
      {truncated && <p class="note note-warning">The mail is long. Only its beginning is shown.</p>}
      <Tabs label="Parts of the mail" tabs={tabs} active={shown} onSelect={setShown}>
        {shown === "html" && html !== null ? (
          // Without any permission of a sandbox, nothing in it runs, and the page's policy lets it load nothing.
          <iframe class="mail-frame" sandbox="" title="The mail as HTML" srcdoc={html} />
        ) : shown === "text" && text !== null ? (
          <Code label="The mail as text" text={text} />
        ) : (
          <Code label="The source of the mail" text={raw} />
        )}
      </Tabs>
    </article>
  );
};
