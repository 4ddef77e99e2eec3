import { useState } from "preact/hooks";
import { Button, type Column, Dialog, EmptyState, ErrorNote, Form, Load, Table, Time } from "../../components/index.ts";
import { api, pathOf } from "../../lib/api.ts";
import { showToast } from "../../lib/toasts.ts";
import { useResource } from "../../lib/use-resource.ts";
import { type Account, AccountState } from "./accounts.tsx";

interface Session {
  readonly id: string;
  readonly created: number;
  readonly refreshed: number;
  readonly expires: number;
  readonly user_agent: string;
}

/** An account with its sessions. @param id of the account */
export const AccountPanel = ({ id }: { readonly id: string }) => {
  const [error, setError] = useState<unknown>();
  const [isChanging, setChanging] = useState(false);
  const path = pathOf("accounts", id);
  const account = useResource((signal) => api.get<{ readonly data: Account }>(path, signal), [path]);
  const sessions = useResource(
    (signal) => api.get<{ readonly data: readonly Session[] }>(`${path}/sessions`, signal),
    [path],
  );
  const run = async (work: () => Promise<unknown>, done: string): Promise<void> => {
    setError(undefined);
    try {
      await work();
      showToast(done);
      account.reload();
      sessions.reload();
    } catch (failure) {
      setError(failure);
    }
  };
  const setDisabled = (disabled: boolean): Promise<void> =>
    run(
      () => api.send("PATCH", path, { data: { disabled } }),
      disabled ? "The account is disabled, and its sessions have ended." : "The account is enabled.",
    );
  const columns: readonly Column<Session>[] = [
    { id: "agent", label: "Client", wrap: true, render: ({ user_agent }) => user_agent || "unknown" },
    { id: "created", label: "Begun", render: ({ created }) => <Time at={created} /> },
    { id: "refreshed", label: "Last refresh", render: ({ refreshed }) => <Time at={refreshed} /> },
    { id: "expires", label: "Ends", render: ({ expires }) => <Time at={expires} /> },
    {
      id: "end",
      label: "",
      align: "end",
      render: (session) => (
        <Button
          small
          onClick={() =>
            void run(
              () => api.send("DELETE", `${path}/sessions/${encodeURIComponent(session.id)}`),
              "The session has ended.",
            )
          }
        >
          End
        </Button>
      ),
    },
  ];
  return (
    <section class="stack" aria-label="Account">
      {error !== undefined && <ErrorNote error={error} />}
      <Load resource={account}>
        {({ data }) => (
          <div class="panel row row-spread">
            <span class="row">
              <AccountState account={data} />
              <span class="muted">
                changed <Time at={data.last_modified} />
              </span>
            </span>
            <span class="row">
              <Button small onClick={() => setChanging(true)}>
                Set a password
              </Button>
              <Button
                small
                tone={data.disabled === true ? undefined : "danger"}
                onClick={() => void setDisabled(data.disabled !== true)}
              >
                {data.disabled === true ? "Enable" : "Disable"}
              </Button>
            </span>
          </div>
        )}
      </Load>
      <section class="stack-small" aria-labelledby="sessions">
        <div class="row row-spread">
          <h2 id="sessions">Sessions</h2>
          <Button
            small
            onClick={() => void run(() => api.send("DELETE", `${path}/sessions`), "All sessions have ended.")}
          >
            End all
          </Button>
        </div>
        <Load resource={sessions}>
          {({ data }) =>
            data.length === 0 ? (
              <EmptyState title="No sessions">The user is not logged in.</EmptyState>
            ) : (
              <Table label="Sessions" columns={columns} rows={data} keyOf={(session) => session.id} />
            )
          }
        </Load>
      </section>
      {isChanging && (
        <Dialog title="Set a password" onClose={() => setChanging(false)}>
          <p>It ends all sessions of the account.</p>
          <Form
            schema={{
              type: "object",
              properties: { password: { type: "string", title: "New password" } },
              required: ["password"],
            }}
            value={{}}
            submitLabel="Set it"
            actions={<Button onClick={() => setChanging(false)}>Close</Button>}
            onSubmit={async ({ password }) => {
              setChanging(false);
              await run(() => api.send("PATCH", path, { data: { password } }), "The password is changed.");
            }}
          />
        </Dialog>
      )}
    </section>
  );
};
