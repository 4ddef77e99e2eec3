import { useState } from "preact/hooks";
import { Badge, Button, Field } from "../../components/index.ts";
import { checkSignature, type SignatureReport, type SignedMessage } from "./check-signature.ts";

const FIELDS = [
  ["id", "webhook-id"],
  ["timestamp", "webhook-timestamp"],
  ["signatures", "webhook-signature"],
  ["secret", "Secret"],
] as const;

const EMPTY: SignedMessage = { id: "", timestamp: "", signatures: "", body: "", secret: "" };

/** Says whether a message is signed rightly, and why not. Nothing leaves the browser. */
export const SignatureForm = () => {
  const [message, setMessage] = useState(EMPTY);
  const [report, setReport] = useState<SignatureReport>();
  const change = (name: keyof SignedMessage, value: string): void => {
    setMessage({ ...message, [name]: value });
    setReport(undefined);
  };
  return (
    <form
      class="panel stack"
      onSubmit={(event) => {
        event.preventDefault();
        void checkSignature(message, Date.now()).then(setReport);
      }}
    >
      <p class="muted">Paste what your receiver got. It is checked in this browser and sent nowhere.</p>
      <div class="form-grid">
        {FIELDS.map(([name, label]) => (
          <Field key={name} label={label} isRequired>
            {(attributes) => (
              <input
                {...attributes}
                type={name === "secret" ? "password" : "text"}
                autocomplete="off"
                spellcheck={false}
                value={message[name]}
                onInput={(event) => change(name, event.currentTarget.value)}
              />
            )}
          </Field>
        ))}
        <Field label="Body" isWide help="As it was received, byte by byte.">
          {(attributes) => (
            <textarea
              {...attributes}
              rows={6}
              spellcheck={false}
              value={message.body}
              onInput={(event) => change("body", event.currentTarget.value)}
            />
          )}
        </Field>
      </div>
      <div class="row">
        <Button type="submit" tone="primary">
          Check
        </Button>
      </div>
      <div role="status">
        {report !== undefined && (
          <div class={report.isValid ? "note" : "note note-bad"}>
            <Badge tone={report.isValid ? "good" : "bad"}>{report.isValid ? "valid" : "not valid"}</Badge>
            {report.reasons.map((reason) => (
              <span key={reason}>{reason}</span>
            ))}
          </div>
        )}
      </div>
    </form>
  );
};
