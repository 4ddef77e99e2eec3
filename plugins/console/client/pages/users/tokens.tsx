import { useState } from "preact/hooks";
import { Button, type Column, EmptyState, ErrorNote, Load, Table, Time } from "../../components/index.ts";
import { ApiError, api } from "../../lib/api.ts";
import { printExactJson } from "../../lib/exact-json.ts";
import { useResource } from "../../lib/use-resource.ts";

interface Token {
  readonly id: string;
  readonly name: string;
  readonly scope: unknown;
  readonly created: number;
  readonly expires: number;
  readonly last_used: number | null;
}

/** The API tokens of a user. */
export const Tokens = ({ user }: { readonly user: string }) => {
  const [error, setError] = useState<unknown>();
  const query = new URLSearchParams({ user });
  const tokens = useResource(
    (signal) => api.get<{ readonly data: readonly Token[] }>(`/user-tokens?${query}`, signal),
    [user],
  );
  const revoke = async (id: string): Promise<void> => {
    setError(undefined);
    try {
      await api.send("DELETE", `/user-tokens/${encodeURIComponent(id)}?${query}`);
      tokens.reload();
    } catch (failure) {
      setError(failure);
    }
  };
  const columns: readonly Column<Token>[] = [
    { id: "name", label: "Token", wrap: true, render: ({ name }) => name },
    {
      id: "scope",
      label: "Scope",
      wrap: true,
      render: ({ scope }) => <span class="mono">{printExactJson(scope)}</span>,
    },
    {
      id: "used",
      label: "Last used",
      render: ({ last_used }) => (last_used === null ? "never" : <Time at={last_used} />),
    },
    { id: "expires", label: "Expires", render: ({ expires }) => <Time at={expires} /> },
    {
      id: "revoke",
      label: "",
      align: "end",
      render: ({ id }) => (
        <Button small tone="danger" onClick={() => void revoke(id)}>
          Revoke
        </Button>
      ),
    },
  ];
  return (
    <section class="stack-small" aria-labelledby="tokens">
      <h2 id="tokens">API tokens</h2>
      {error !== undefined && <ErrorNote error={error} />}
      {tokens.error instanceof ApiError && tokens.error.status === 403 ? (
        <EmptyState title="You may not see the tokens of others">
          Add your user to the option <code>administrators</code> of the plugin <code>tokens</code>.
        </EmptyState>
      ) : (
        <Load resource={tokens}>
          {({ data }) =>
            data.length === 0 ? (
              <EmptyState title="No API tokens">Users create them for scripts and services.</EmptyState>
            ) : (
              <Table label="API tokens" columns={columns} rows={data} keyOf={({ id }) => id} />
            )
          }
        </Load>
      )}
    </section>
  );
};
