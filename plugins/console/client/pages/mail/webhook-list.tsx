import { useState } from "preact/hooks";
import {
  Badge,
  Button,
  type Column,
  EmptyState,
  ErrorNote,
  Field,
  Load,
  Table,
  Time,
  type Tone,
} from "../../components/index.ts";
import { api } from "../../lib/api.ts";
import { formatDuration } from "../../lib/format.ts";
import { href, navigate } from "../../lib/router.ts";
import { showToast } from "../../lib/toasts.ts";
import { useResource } from "../../lib/use-resource.ts";
import { type Delivery, describeAttempt, toCollectionPath, type Webhook } from "./webhooks.ts";

const POLL_MS = 3000;
const TONES: Readonly<Record<Delivery["state"], Tone>> = { pending: "warning", delivered: "good", failed: "bad" };

interface WebhooksProps {
  /** `blog/posts` */
  readonly collection: string;
  readonly hook: string | undefined;
}

/** The webhooks of a collection with their deliveries. */
export const Webhooks = ({ collection, hook }: WebhooksProps) => {
  const [text, setText] = useState(collection);
  const path = toCollectionPath(text);
  return (
    <>
      <form
        class="row"
        onSubmit={(event) => {
          event.preventDefault();
          if (path !== undefined) navigate(href(["mail", "webhooks"], { collection: text.trim() }));
        }}
      >
        <Field
          label="Collection"
          help="Bucket and collection, such as blog/posts. You need write on it."
          error={text === "" || path !== undefined ? undefined : "Write a bucket and a collection, such as blog/posts."}
        >
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
        <Button type="submit" disabled={path === undefined}>
          Show
        </Button>
      </form>
      {toCollectionPath(collection) === undefined ? (
        <EmptyState title="No collection is chosen">
          Webhooks are in the metadata of collections, in the field webhooks.
        </EmptyState>
      ) : (
        <CollectionHooks path={toCollectionPath(collection) ?? ""} collection={collection} hook={hook} />
      )}
    </>
  );
};

const CollectionHooks = ({ path, collection, hook }: WebhooksProps & { readonly path: string }) => {
  const hooks = useResource(
    (signal) => api.get<{ readonly data: readonly Webhook[] }>(`${path}/webhooks`, signal),
    [path],
    { pollMs: POLL_MS },
  );
  const chosen = hook ?? hooks.value?.data[0]?.id;
  return (
    <Load resource={hooks}>
      {({ data }) =>
        data.length === 0 ? (
          <EmptyState title="The collection has no webhooks">
            Add some to its metadata: {'{"webhooks": [{"id": "orders", "url": "https://…", "on": ["create"]}]}'}
          </EmptyState>
        ) : (
          <>
            <ul class="row">
              {data.map((one) => (
                <li key={one.id}>
                  <Button
                    pressed={one.id === chosen}
                    href={href(["mail", "webhooks", one.id], { collection })}
                    tone={one.id === chosen ? "primary" : undefined}
                  >
                    {one.id}
                  </Button>
                </li>
              ))}
            </ul>
            {data
              .filter(({ id }) => id === chosen)
              .map((one) => (
                <Deliveries key={one.id} path={path} hook={one} />
              ))}
          </>
        )
      }
    </Load>
  );
};

const Deliveries = ({ path, hook }: { readonly path: string; readonly hook: Webhook }) => {
  const [error, setError] = useState<unknown>();
  const deliveries = useResource(
    (signal) =>
      api.get<{ readonly data: readonly Delivery[] }>(
        `${path}/webhooks/${encodeURIComponent(hook.id)}/deliveries`,
        signal,
      ),
    [path, hook.id],
    { pollMs: POLL_MS },
  );
  const start = async (action: string, params: object, done: string): Promise<void> => {
    setError(undefined);
    try {
      await api.send("POST", `${path}/actions/${action}`, params);
      showToast(done);
      deliveries.reload();
    } catch (failure) {
      setError(failure);
    }
  };
  const columns: readonly Column<Delivery>[] = [
    { id: "state", label: "State", render: ({ state }) => <Badge tone={TONES[state]}>{state}</Badge> },
    { id: "type", label: "Message", render: ({ type }) => <span class="mono">{type}</span> },
    { id: "uri", label: "Object", wrap: true, render: ({ uri }) => <span class="mono">{uri ?? ""}</span> },
    {
      id: "created",
      label: "Created",
      render: ({ created_at }) => (created_at === undefined ? "" : <Time at={created_at} />),
    },
    { id: "tries", label: "Tries", align: "end", render: ({ tries }) => tries },
    {
      id: "result",
      label: "Last attempt",
      wrap: true,
      render: (delivery) => {
        const last = delivery.attempts.at(-1);
        return `${describeAttempt(delivery)}${last === undefined ? "" : `, ${formatDuration(last.ms)}`}`;
      },
    },
    {
      id: "resend",
      label: "",
      align: "end",
      render: ({ id }) => (
        <Button
          small
          onClick={() => void start("resend-webhook", { hook: hook.id, delivery: id }, "It is sent again.")}
        >
          Resend
        </Button>
      ),
    },
  ];
  return (
    <section class="stack" aria-label={`Webhook ${hook.id}`}>
      <div class="row row-spread">
        <p>
          <span class="mono">{hook.url}</span> gets {hook.on.join(", ")}{" "}
          {hook.disabled !== null && <Badge tone="bad">disabled</Badge>}{" "}
          {hook.circuit.state !== "closed" && <Badge tone="warning">held back after failures</Badge>}
        </p>
        <span class="row">
          {(hook.disabled !== null || hook.circuit.state !== "closed") && (
            <Button small onClick={() => void start("enable-webhook", { hook: hook.id }, "The webhook is enabled.")}>
              Enable
            </Button>
          )}
          <Button
            small
            onClick={() => void start("ping-webhook", { hook: hook.id }, "A message of the type ping is sent.")}
          >
            Send a test
          </Button>
        </span>
      </div>
      {error !== undefined && <ErrorNote error={error} />}
      <Load resource={deliveries}>
        {({ data }) =>
          data.length === 0 ? (
            <EmptyState title="No deliveries in the last 30 days">Change a record, or send a test.</EmptyState>
          ) : (
            <Table label="Deliveries" columns={columns} rows={data} keyOf={({ id }) => id} />
          )
        }
      </Load>
    </section>
  );
};
