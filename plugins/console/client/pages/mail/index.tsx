import { EmptyState, Page, Tabs } from "../../components/index.ts";
import { href, navigate } from "../../lib/router.ts";
import { serverInfo } from "../../lib/server-info.ts";
import type { PageProps } from "../index.ts";
import "./mail.css";
import { Mails } from "./mails.tsx";
import { SignatureForm } from "./signature-form.tsx";
import { Webhooks } from "./webhook-list.tsx";

const TABS = [
  { id: "mails", label: "Mail" },
  { id: "webhooks", label: "Webhooks" },
  { id: "signature", label: "Check a signature" },
] as const;

/** What plugins sent to people and to other servers. */
const MailPage = ({ parts: [tab = "mails", id], query }: PageProps) => {
  const hasWebhooks = Object.hasOwn(serverInfo.value?.capabilities ?? {}, "webhooks");
  return (
    <Page title="Mail and webhooks">
      <Tabs label="Mail and webhooks" tabs={TABS} active={tab} onSelect={(to) => navigate(href(["mail", to]))}>
        {tab === "signature" ? (
          <SignatureForm />
        ) : tab !== "webhooks" ? (
          <Mails id={id} />
        ) : hasWebhooks ? (
          <Webhooks key={query.get("collection")} collection={query.get("collection") ?? ""} hook={id} />
        ) : (
          <EmptyState title="The plugin webhooks is not active">
            Add <code>webhooks()</code> to the plugins in <code>kintoun.config.ts</code>.
          </EmptyState>
        )}
      </Tabs>
    </Page>
  );
};

export default MailPage;
