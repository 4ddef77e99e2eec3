import { useState } from "preact/hooks";
import { Button, Dialog, describeJsonError, ErrorNote, Field } from "../../components/index.ts";
import { readJson } from "../../lib/exact-json.ts";
import { type DeadLetter, formatBody } from "./events.ts";

interface EditDialogProps {
  readonly letter: DeadLetter;
  readonly onClose: () => void;
  /** Rejects if the message could not be sent. */
  readonly onSend: (body: string) => Promise<void>;
}

/** Edits the message of a dead letter before it is sent again. */
export const EditDialog = ({ letter, onClose, onSend }: EditDialogProps) => {
  const [text, setText] = useState(formatBody(letter.body ?? ""));
  const [error, setError] = useState<unknown>();
  const [isBusy, setBusy] = useState(false);
  const read = readJson(text);
  const send = async () => {
    setBusy(true);
    setError(undefined);
    try {
      // As it was written: parsing and printing would round large numbers.
      await onSend(text);
    } catch (thrown) {
      setError(thrown);
      setBusy(false);
    }
  };
  const issue = "error" in read ? describeJsonError(read.error) : undefined;
  const actions = (
    <>
      <Button onClick={onClose}>Cancel</Button>
      <Button tone="primary" disabled={isBusy || issue !== undefined} onClick={() => void send()}>
        Send the edited message
      </Button>
    </>
  );
  return (
    <Dialog title="Edit and redrive" onClose={onClose} actions={actions}>
      <p>The edited message replaces the dead letter, and gets all of its tries again.</p>
      <Field label="Message" error={issue}>
        {(control) => (
          <textarea
            {...control}
            class="input mono letter-editor"
            rows={16}
            spellcheck={false}
            value={text}
            onInput={({ currentTarget: { value } }) => setText(value)}
          />
        )}
      </Field>
      {error !== undefined && <ErrorNote error={error} />}
    </Dialog>
  );
};
