import { removeToast, toasts } from "../lib/toasts.ts";
import { Button } from "./button.tsx";

/** Shows the messages of `showToast`. */
export const Toasts = () => (
  <div class="toasts" role="status" aria-live="polite">
    {toasts.value.map(({ id, text, tone, action }) => (
      <div key={id} class={tone === "error" ? "toast toast-error" : "toast"}>
        <span>{text}</span>
        {action !== undefined && (
          <Button
            small
            onClick={() => {
              removeToast(id);
              action.run();
            }}
          >
            {action.label}
          </Button>
        )}
        <Button small tone="quiet" icon="close" label="Close this message" onClick={() => removeToast(id)} />
      </div>
    ))}
  </div>
);
