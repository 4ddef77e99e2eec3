import { useState } from "preact/hooks";
import { Button, EmptyState, ErrorNote, Field } from "../../components/index.ts";
import { api } from "../../lib/api.ts";
import { showToast } from "../../lib/toasts.ts";
import { useResource } from "../../lib/use-resource.ts";
import {
  type ObjectData,
  type ObjectRef,
  PERMISSIONS,
  type Permissions,
  type StoredObject,
  toPath,
} from "./object-ref.ts";
import { describePermission, describePrincipal } from "./permission-words.ts";

interface PermissionEditorProps {
  readonly object: ObjectRef;
  readonly stored: StoredObject;
  readonly onSaved: () => void;
}

const MAX_GROUPS = 100;

/** Who may do what with an object, in sentences that can be removed and added. */
export const PermissionEditor = ({ object, stored, onSaved }: PermissionEditorProps) => {
  const { kind, bucket } = object;
  const { permissions, data } = stored;
  const [error, setError] = useState<unknown>(undefined);
  const groups = useResource(
    (signal) =>
      api.getPage<ObjectData>(`/buckets/${encodeURIComponent(bucket)}/groups?_limit=${MAX_GROUPS}&_fields=id`, signal),
    [bucket],
  );
  const save = async (changed: Permissions): Promise<void> => {
    setError(undefined);
    try {
      await api.send("PATCH", toPath(object), { permissions: changed }, { "If-Match": `"${data.last_modified}"` });
      showToast("The permissions are changed.");
      onSaved();
    } catch (failure) {
      setError(failure);
    }
  };
  const grants = Object.entries(permissions).flatMap(([permission, principals]) =>
    principals.map((principal) => ({ permission, principal })),
  );
  const isHidden = grants.length === 0;
  return (
    <div class="stack">
      <section class="panel stack" aria-label="Granted permissions">
        {isHidden ? (
          <EmptyState title="You do not see the permissions">
            <p>Only users with write on the {kind} itself see and change who may use it.</p>
          </EmptyState>
        ) : (
          <ul class="grants">
            {grants.map(({ permission, principal }) => (
              <li key={`${permission} ${principal}`} class="grant">
                <span>
                  <strong title={principal}>{describePrincipal(principal)}</strong> may{" "}
                  {describePermission(permission, kind)}.
                </span>
                <Button
                  small
                  tone="quiet"
                  icon="close"
                  label={`Remove ${permission} of ${describePrincipal(principal)}`}
                  onClick={() =>
                    void save({ [permission]: (permissions[permission] ?? []).filter((one) => one !== principal) })
                  }
                />
              </li>
            ))}
          </ul>
        )}
        {kind !== "bucket" && (
          <p class="muted small">
            Who may read or write what contains the {kind} may do the same with the {kind}.
          </p>
        )}
      </section>
      {error !== undefined && <ErrorNote error={error} />}
      {!isHidden && (
        <GrantForm
          object={object}
          groups={(groups.value?.rows ?? []).map(({ id }) => `/buckets/${bucket}/groups/${id}`)}
          onGrant={(permission, principal) => save({ [permission]: [...(permissions[permission] ?? []), principal] })}
        />
      )}
    </div>
  );
};

interface GrantFormProps {
  readonly object: ObjectRef;
  readonly groups: readonly string[];
  readonly onGrant: (permission: string, principal: string) => Promise<void>;
}

const USER = "user";

const GrantForm = ({ object: { kind }, groups, onGrant }: GrantFormProps) => {
  const [who, setWho] = useState("system.Everyone");
  const [user, setUser] = useState("");
  const [permission, setPermission] = useState("read");
  const principal = who === USER ? user.trim() : who;
  return (
    <form
      class="panel stack"
      onSubmit={(event) => {
        event.preventDefault();
        void onGrant(permission, principal);
      }}
    >
      <h2>Grant a permission</h2>
      <div class="columns">
        <Field label="Who">
          {(attributes) => (
            <select {...attributes} value={who} onChange={(event) => setWho(event.currentTarget.value)}>
              {["system.Everyone", "system.Authenticated", ...groups].map((option) => (
                <option key={option} value={option}>
                  {describePrincipal(option)}
                </option>
              ))}
              <option value={USER}>A user</option>
            </select>
          )}
        </Field>
        {who === USER && (
          <Field label="Id of the user" help="As GET /v1/ shows it to the user, such as account:ada">
            {(attributes) => (
              <input
                {...attributes}
                required
                autocapitalize="off"
                spellcheck={false}
                value={user}
                onInput={(event) => setUser(event.currentTarget.value)}
              />
            )}
          </Field>
        )}
        <Field label="May">
          {(attributes) => (
            <select {...attributes} value={permission} onChange={(event) => setPermission(event.currentTarget.value)}>
              {PERMISSIONS[kind].map((option) => (
                <option key={option} value={option}>
                  {describePermission(option, kind)}
                </option>
              ))}
            </select>
          )}
        </Field>
      </div>
      <div class="row">
        <Button type="submit" tone="primary">
          Grant
        </Button>
      </div>
    </form>
  );
};
