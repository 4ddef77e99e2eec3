import { useState } from "preact/hooks";
import { Button, EmptyState, ErrorNote, Spinner, Time } from "../../components/index.ts";
import { api, pathOf } from "../../lib/api.ts";
import { formatAmount, formatBytes } from "../../lib/format.ts";
import { showToast } from "../../lib/toasts.ts";
import { useResource } from "../../lib/use-resource.ts";
import { EditDialog } from "./edit-dialog.tsx";
import { type DeadLetter, describeLetter, formatBody } from "./events.ts";

/** Maximum of the endpoint. */
const MAX_IDS = 100;

interface DeadLettersProps {
  readonly queue: string;
  /** Called after letters were redriven or deleted. */
  readonly onChange: () => void;
}

/** The dead letters of a queue, to read, edit, redrive and delete. */
export const DeadLetters = ({ queue, onChange }: DeadLettersProps) => {
  const path = `/__operations__/dead-letters${pathOf(queue)}`;
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const [edited, setEdited] = useState<DeadLetter>();
  const [isBusy, setBusy] = useState(false);
  const [failure, setFailure] = useState<unknown>();
  const { value, error, isSlow, reload } = useResource(
    (signal) => api.get<{ readonly data: readonly DeadLetter[] }>(path, signal),
    [path],
  );
  const letters = value?.data ?? [];
  const chosen = letters.filter(({ id }) => selected.has(id));

  const act = async (work: () => Promise<string>) => {
    setBusy(true);
    setFailure(undefined);
    try {
      showToast(await work());
      setSelected(new Set());
    } catch (thrown) {
      setFailure(thrown);
    } finally {
      setBusy(false);
      reload();
      onChange();
    }
  };
  const redrive = (ids?: readonly string[]) =>
    act(async () => {
      const count = await redriveAll(path, ids);
      return `${formatAmount(count, "message")} sent to ${queue} again.`;
    });
  const remove = (letter: DeadLetter) =>
    act(async () => {
      await api.send("DELETE", `${path}${pathOf(letter.id)}`);
      return "The dead letter is deleted.";
    });
  const toggle = (id: string) =>
    setSelected(new Set(selected.has(id) ? [...selected].filter((one) => one !== id) : [...selected, id]));

  if (value === undefined)
    return error === undefined ? (
      isSlow ? (
        <Spinner label="Loading dead letters" />
      ) : null
    ) : (
      <ErrorNote error={error} onRetry={reload} />
    );
  if (letters.length === 0)
    return (
      <EmptyState title="No dead letters">
        A message comes here when its listener has failed at each try. You can then read the error, and send the message
        again.
      </EmptyState>
    );
  const canRedrive = queue !== "dispatch-failures";
  return (
    <>
      <div class="row row-spread">
        <label class="check">
          <input
            type="checkbox"
            checked={chosen.length === letters.length}
            onChange={() => setSelected(new Set(chosen.length === letters.length ? [] : letters.map(({ id }) => id)))}
          />
          {chosen.length === 0
            ? formatAmount(letters.length, "dead letter")
            : `${chosen.length} of ${letters.length} selected`}
        </label>
        {canRedrive && (
          <span class="row">
            <Button
              disabled={isBusy || chosen.length === 0}
              onClick={() => void redrive(chosen.map(({ id }) => id).slice(0, MAX_IDS))}
            >
              Redrive selected
            </Button>
            <Button tone="primary" disabled={isBusy} onClick={() => void redrive()}>
              Redrive all
            </Button>
          </span>
        )}
      </div>
      {!canRedrive && (
        <p class="muted">
          What could not be sent to its queue is sent again by a command:{" "}
          <code>kintoun queues redrive dispatch-failures</code>
        </p>
      )}
      {failure !== undefined && <ErrorNote error={failure} />}
      {error !== undefined && <ErrorNote error={error} onRetry={reload} />}
      <ol class="feed" aria-label={`Dead letters of ${queue}`}>
        {letters.map((letter) => (
          <li key={letter.id} class="letter">
            <input
              type="checkbox"
              aria-label={`Select ${describeLetter(letter)}`}
              checked={selected.has(letter.id)}
              onChange={() => toggle(letter.id)}
            />
            <LetterDetails
              letter={letter}
              path={path}
              isBusy={isBusy}
              onRedrive={canRedrive ? () => void redrive([letter.id]) : undefined}
              onEdit={setEdited}
              onDelete={() => void remove(letter)}
            />
          </li>
        ))}
      </ol>
      {edited !== undefined && (
        <EditDialog
          letter={edited}
          onClose={() => setEdited(undefined)}
          onSend={async (body) => {
            await api.send("POST", `${path}/redrive`, { ids: [edited.id], body });
            setEdited(undefined);
            showToast(`The edited message is sent to ${queue}.`);
            reload();
            onChange();
          }}
        />
      )}
    </>
  );
};

/** Redrives some letters, or all in parts, since a request takes a limited number. */
const redriveAll = async (path: string, ids?: readonly string[]): Promise<number> => {
  for (let count = 0; ; ) {
    const { data } = await api.send<{ readonly data: { readonly redriven: readonly string[] } }>(
      "POST",
      `${path}/redrive`,
      ids === undefined ? {} : { ids },
    );
    count += data.redriven.length;
    if (ids !== undefined || data.redriven.length < MAX_IDS) return count;
  }
};

interface LetterDetailsProps {
  readonly letter: DeadLetter;
  readonly path: string;
  readonly isBusy: boolean;
  readonly onRedrive: (() => void) | undefined;
  readonly onEdit: (letter: DeadLetter) => void;
  readonly onDelete: () => void;
}

const LetterDetails = ({ letter, path, isBusy, onRedrive, onEdit, onDelete }: LetterDetailsProps) => {
  const [whole, setWhole] = useState<DeadLetter>(letter);
  const [error, setError] = useState<unknown>();
  const [isSure, setSure] = useState(false);
  const load = async () => {
    try {
      const { data } = await api.get<{ readonly data: DeadLetter }>(`${path}${pathOf(letter.id)}`);
      setWhole(data);
      return data;
    } catch (thrown) {
      setError(thrown);
      return undefined;
    }
  };
  const edit = async () => {
    const found = whole.body === null ? await load() : whole;
    if (found !== undefined) onEdit(found);
  };
  return (
    <details>
      <summary>
        <Time at={letter.time} />
        <span class="feed-uri">{describeLetter(letter)}</span>
        <span class="error-text letter-error">{letter.error ?? "The worker ended without an error."}</span>
      </summary>
      <div class="feed-details">
        <dl class="facts">
          <dt>Message</dt>
          <dd class="mono">{letter.id}</dd>
          {letter.attempts !== undefined && (
            <>
              <dt>Tries</dt>
              <dd>{letter.attempts}</dd>
            </>
          )}
          {letter.target !== undefined && (
            <>
              <dt>Queue that refuses it</dt>
              <dd class="mono">{letter.target}</dd>
            </>
          )}
          <dt>Size</dt>
          <dd>{formatBytes(letter.bytes)}</dd>
        </dl>
        {letter.stack !== undefined && (
          <>
            <h2>Stack</h2>
            <pre class="stack-trace">{letter.stack}</pre>
          </>
        )}
        <h2>Message</h2>
        {whole.body === null ? (
          <Button onClick={() => void load()}>{`Load all of it (${formatBytes(letter.bytes)})`}</Button>
        ) : (
          <pre class="stack-trace">{formatBody(whole.body)}</pre>
        )}
        {error !== undefined && <ErrorNote error={error} />}
        <div class="row">
          {onRedrive !== undefined && (
            <>
              <Button tone="primary" disabled={isBusy} onClick={onRedrive}>
                Redrive
              </Button>
              <Button disabled={isBusy} onClick={() => void edit()}>
                Edit and redrive…
              </Button>
            </>
          )}
          <Button tone="danger" disabled={isBusy} onClick={isSure ? onDelete : () => setSure(true)}>
            {isSure ? "Confirm: delete it" : "Delete"}
          </Button>
        </div>
      </div>
    </details>
  );
};
