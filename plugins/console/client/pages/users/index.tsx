import { useState } from "preact/hooks";
import { Button, EmptyState, Field, Load, Page, Pager } from "../../components/index.ts";
import { href, navigate } from "../../lib/router.ts";
import { serverInfo } from "../../lib/server-info.ts";
import { usePages } from "../../lib/use-pages.ts";
import type { PageProps } from "../index.ts";
import { AccountPanel } from "./account-panel.tsx";
import { Accounts } from "./accounts.tsx";
import { ExplainForm } from "./explain-form.tsx";
import { Tokens } from "./tokens.tsx";
import "./users.css";

const PREFIX = "account:";
const hasCapability = (name: string): boolean => Object.hasOwn(serverInfo.value?.capabilities ?? {}, name);

const UsersPage = ({ parts: [user], query }: PageProps) =>
  user === undefined ? <AllUsers /> : <UserPage key={user} user={user} path={query.get("path") ?? ""} />;

/** The accounts, and a way to any other user. */
const AllUsers = () => {
  const [id, setId] = useState("");
  return (
    <Page title="Users">
      <form
        class="row"
        onSubmit={(event) => {
          event.preventDefault();
          if (id.trim() !== "") navigate(href(["users", id.trim()]));
        }}
      >
        <Field
          label="User id"
          help="Such as account:ada, an id of OpenID or basic authentication, or system.Everyone for anonymous users."
        >
          {(attributes) => (
            <input
              {...attributes}
              type="text"
              spellcheck={false}
              value={id}
              onInput={(event) => setId(event.currentTarget.value)}
            />
          )}
        </Field>
        <Button type="submit" disabled={id.trim() === ""}>
          Open
        </Button>
      </form>
      {hasCapability("accounts") ? (
        <Accounts />
      ) : (
        <EmptyState title="The plugin accounts is not active">
          Users come from another plugin, which keeps no list. Open one by its id.
        </EmptyState>
      )}
    </Page>
  );
};

/** A user: account, sessions, groups, tokens, permissions. */
const UserPage = ({ user, path }: { readonly user: string; readonly path: string }) => (
  <Page title={user} crumbs={[{ label: "Users", href: href(["users"]) }]}>
    {user.startsWith(PREFIX) && hasCapability("accounts") && <AccountPanel id={user.slice(PREFIX.length)} />}
    <ExplainForm user={user} path={path} onPath={(to) => navigate(href(["users", user], { path: to }))} />
    <Groups user={user} />
    {hasCapability("api_tokens") && <Tokens user={user} />}
  </Page>
);

const Groups = ({ user }: { readonly user: string }) => {
  const groups = usePages<string>(`/__operations__/memberships?${new URLSearchParams({ user })}`);
  return (
    <section class="stack-small" aria-labelledby="groups">
      <h2 id="groups">Groups</h2>
      <Load resource={groups}>
        {({ rows }) =>
          rows.length === 0 ? (
            <EmptyState title="In no group">Groups are in buckets: add the user to the members of one.</EmptyState>
          ) : (
            <ul class="panel stack-small">
              {rows.map((group) => (
                <li key={group} class="mono">
                  {group}
                </li>
              ))}
            </ul>
          )
        }
      </Load>
      <Pager pages={groups} />
    </section>
  );
};

export default UsersPage;
