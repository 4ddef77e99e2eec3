import { useState } from "preact/hooks";
import {
  Badge,
  Button,
  type Column,
  Dialog,
  EmptyState,
  ErrorNote,
  Form,
  type JsonSchema,
  Load,
  Pager,
  Table,
  Time,
} from "../../components/index.ts";
import { api, pathOf } from "../../lib/api.ts";
import { href, navigate } from "../../lib/router.ts";
import { usePages } from "../../lib/use-pages.ts";

/** An account as administrators see it. */
export interface Account {
  readonly id: string;
  readonly last_modified: number;
  readonly disabled?: boolean;
  readonly validated?: boolean;
}

const COLUMNS: readonly Column<Account>[] = [
  { id: "id", label: "Account", render: ({ id }) => <a href={href(["users", `account:${id}`])}>{id}</a> },
  { id: "state", label: "State", render: (account) => <AccountState account={account} /> },
  { id: "changed", label: "Changed", render: ({ last_modified }) => <Time at={last_modified} /> },
];

export const AccountState = ({ account: { disabled, validated } }: { readonly account: Account }) =>
  disabled === true ? (
    <Badge tone="bad">disabled</Badge>
  ) : validated === false ? (
    <Badge tone="warning">not confirmed</Badge>
  ) : (
    <Badge tone="good">active</Badge>
  );

/** All accounts, and a form for a new one. */
export const Accounts = () => {
  const [isCreating, setCreating] = useState(false);
  const pages = usePages<Account>("/accounts?_limit=50&_sort=-last_modified");
  return (
    <section class="stack-small" aria-labelledby="accounts">
      <div class="row row-spread">
        <h2 id="accounts">Accounts</h2>
        <Button small icon="add" onClick={() => setCreating(true)}>
          New account
        </Button>
      </div>
      <Load resource={pages}>
        {({ rows }) =>
          rows.length === 0 ? (
            <EmptyState title="No accounts">Create the first one.</EmptyState>
          ) : (
            <Table
              label="Accounts"
              columns={COLUMNS}
              rows={rows}
              keyOf={({ id }) => id}
              onOpen={({ id }) => navigate(href(["users", `account:${id}`]))}
            />
          )
        }
      </Load>
      <Pager pages={pages} />
      {isCreating && <CreateDialog onClose={() => setCreating(false)} />}
    </section>
  );
};

const SCHEMA: JsonSchema = {
  type: "object",
  properties: {
    id: { type: "string", title: "Account", description: "A name or mail address: letters, digits and + . @ _ -" },
    password: { type: "string", title: "Password", description: "The user should change it." },
  },
  required: ["id", "password"],
};

const CreateDialog = ({ onClose }: { readonly onClose: () => void }) => {
  const [error, setError] = useState<unknown>();
  return (
    <Dialog title="New account" onClose={onClose}>
      {error !== undefined && <ErrorNote error={error} />}
      <Form
        schema={SCHEMA}
        value={{}}
        submitLabel="Create"
        actions={<Button onClick={onClose}>Close</Button>}
        onSubmit={async ({ id, password }) => {
          setError(undefined);
          try {
            await api.send(
              "PUT",
              pathOf("accounts", String(id ?? "")),
              { data: { password } },
              { "If-None-Match": "*" },
            );
            navigate(href(["users", `account:${String(id)}`]));
          } catch (failure) {
            setError(failure);
          }
        }}
      />
    </Dialog>
  );
};
