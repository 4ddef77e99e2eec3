import type { ComponentChildren } from "preact";
import { ApiError } from "../lib/api.ts";
import { Button } from "./button.tsx";

/** What the user can do about a status. */
const ADVICE: Readonly<Record<number, string>> = {
  0: "Check your connection and that the store runs, then try again.",
  401: "Log in again.",
  403: "Your user lacks the permission. Ask an administrator, or log in as another user.",
  404: "It may have been deleted. Go back to the list.",
  412: "It was changed since you have loaded it. Load it again.",
  413: "It is too large. Ask for less, for example by a filter.",
  429: "Wait a moment, then try again.",
  503: "The store is busy. Wait a moment, then try again.",
};

interface ErrorNoteProps {
  readonly error: unknown;
  readonly onRetry?: () => void;
  readonly children?: ComponentChildren;
}

/** Shows what is wrong and what to do. */
export const ErrorNote = ({ error, onRetry, children }: ErrorNoteProps) => {
  const failure = error instanceof ApiError ? error : undefined;
  const message = error instanceof Error ? error.message : String(error);
  const advice = failure === undefined ? "Load the page again." : ADVICE[failure.status];
  return (
    <div class="note note-bad" role="alert">
      <strong>{message}</strong>
      {advice !== undefined && <span>{advice}</span>}
      {failure !== undefined && failure.status > 0 && (
        <span class="muted small mono">
          {failure.status} {failure.method} {failure.path.split("?")[0]}
        </span>
      )}
      <div class="row">
        {onRetry !== undefined && (
          <Button small icon="reload" onClick={onRetry}>
            Try again
          </Button>
        )}
        {children}
      </div>
    </div>
  );
};
