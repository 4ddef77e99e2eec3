import { useState } from "preact/hooks";
import { EmptyState, ErrorNote, Field, Form, type SchemaObject } from "../../components/index.ts";
import { api } from "../../lib/api.ts";
import { href, navigate } from "../../lib/router.ts";
import type { ActionReport } from "../overview/overview.ts";
import { defaultsOf, startPath, toParamsSchema } from "./jobs.ts";

/** Chooses an action and starts it with parameters. */
export const StartAction = ({ actions }: { readonly actions: readonly ActionReport[] }) => {
  const [chosen, setChosen] = useState("");
  const action = actions.find((one) => keyOf(one) === chosen);
  if (actions.length === 0)
    return (
      <EmptyState title="No plugin has actions">
        Plugins add actions, such as <code>history</code> with <code>revert</code>. Add one to{" "}
        <code>kintoun.config.ts</code>.
      </EmptyState>
    );
  return (
    <div class="panel stack">
      <Field label="Action">
        {(attributes) => (
          <select {...attributes} value={chosen} onChange={(event) => setChosen(event.currentTarget.value)}>
            <option value="">Choose an action</option>
            {actions.map((one) => (
              <option key={keyOf(one)} value={keyOf(one)}>
                {keyOf(one)}
              </option>
            ))}
          </select>
        )}
      </Field>
      {action !== undefined && <ActionForm key={chosen} action={action} />}
    </div>
  );
};

const keyOf = ({ plugin, name }: ActionReport): string => `${plugin}.${name}`;

const ActionForm = ({ action }: { readonly action: ActionReport }) => {
  const [uri, setUri] = useState("");
  const [error, setError] = useState<unknown>();
  const objects = action.on.filter((name) => name !== "server");
  const path = startPath(action, uri);
  const start = async (params: SchemaObject): Promise<void> => {
    if (path === undefined) return;
    setError(undefined);
    try {
      const { job_id } = await api.send<{ readonly job_id: string }>("POST", path, params);
      navigate(href(["jobs", job_id]));
    } catch (failure) {
      setError(failure);
    }
  };
  return (
    <>
      <p>
        {action.about}{" "}
        {objects.length > 0 && <span class="muted">On an object, it needs the permission {action.permission}.</span>}
      </p>
      {objects.length > 0 && (
        <Field
          label="Object"
          isRequired={!action.on.includes("server")}
          help={`The URI of a ${objects.join(" or ")}, such as /buckets/blog${action.on.includes("server") ? "; empty for the whole store" : ""}.`}
        >
          {(attributes) => (
            <input
              {...attributes}
              type="text"
              spellcheck={false}
              value={uri}
              onInput={(event) => setUri(event.currentTarget.value)}
            />
          )}
        </Field>
      )}
      {error !== undefined && <ErrorNote error={error} />}
      <Form
        schema={toParamsSchema(action)}
        value={defaultsOf(action)}
        submitLabel="Start"
        disabled={path === undefined}
        onSubmit={start}
      />
    </>
  );
};
