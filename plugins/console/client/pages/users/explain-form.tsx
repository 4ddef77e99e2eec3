import { useState } from "preact/hooks";
import { Badge, Button, Field, Load } from "../../components/index.ts";
import { api } from "../../lib/api.ts";
import { useResource } from "../../lib/use-resource.ts";
import { describeChain, describePermission, describeRemedy, type Explanation } from "./explanation.ts";

interface ExplainFormProps {
  readonly user: string;
  readonly path: string;
  readonly onPath: (path: string) => void;
}

/** What a user may do on an object, and why. */
export const ExplainForm = ({ user, path, onPath }: ExplainFormProps) => {
  const [text, setText] = useState(path);
  return (
    <section class="stack-small" aria-labelledby="explain">
      <h2 id="explain">What may this user do here, and why?</h2>
      <form
        class="row explain-form"
        onSubmit={(event) => {
          event.preventDefault();
          if (text.trim() !== "") onPath(text.trim());
        }}
      >
        <Field label="Object" help="A URI such as /buckets/blog/collections/posts, or / for the whole store.">
          {(attributes) => (
            <input
              {...attributes}
              type="text"
              spellcheck={false}
              value={text}
              onInput={(event) => setText(event.currentTarget.value)}
            />
          )}
        </Field>
        <Button type="submit" tone="primary">
          Explain
        </Button>
      </form>
      {path !== "" && <Answer key={`${user} ${path}`} user={user} path={path} />}
    </section>
  );
};

const Answer = ({ user, path }: { readonly user: string; readonly path: string }) => {
  const explanation = useResource(
    (signal) =>
      api.get<{ readonly data: Explanation }>(
        `/__operations__/permissions?${new URLSearchParams({ user, path })}`,
        signal,
      ),
    [user, path],
  );
  return (
    <Load resource={explanation}>
      {({ data }) => (
        <div class="stack-small">
          {!data.exists && (
            <p class="note note-warning">There is no such object. The answer is for one that would be created there.</p>
          )}
          <ul class="panel verdicts">
            {data.permissions.map((explained) => (
              <li key={explained.permission} class="verdict">
                <span class="row">
                  <Badge tone={explained.allowed ? "good" : "bad"}>{explained.allowed ? "may" : "may not"}</Badge>
                  <span>
                    {describePermission(explained.permission)}{" "}
                    <span class="mono muted small">{explained.permission}</span>
                  </span>
                </span>
                {explained.allowed ? (
                  <ul class="stack-small chains">
                    {explained.grants.map((grant) => (
                      <li key={JSON.stringify(grant)} class="chain">
                        {describeChain(grant, user).map((step, index) => (
                          <span key={step} class="row">
                            {index > 0 && <span aria-hidden="true">→</span>}
                            <span class="chain-step">{step}</span>
                          </span>
                        ))}
                      </li>
                    ))}
                    {explained.truncated && <li class="muted">and more ways</li>}
                  </ul>
                ) : (
                  <span class="muted">
                    {explained.grantedBy.length === 0
                      ? "Only a setting or a plugin grants it."
                      : `It would take ${describeRemedy(explained).join(", or ")}.`}
                  </span>
                )}
              </li>
            ))}
          </ul>
          <p class="muted small">Hooks of plugins may refuse more, and API tokens are limited to their scope.</p>
        </div>
      )}
    </Load>
  );
};
