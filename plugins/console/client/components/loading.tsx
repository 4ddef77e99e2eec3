import type { ComponentChildren } from "preact";
import type { Resource } from "../lib/use-resource.ts";
import { ErrorNote } from "./error-note.tsx";

interface LoadProps<Value> {
  readonly resource: Resource<Value>;
  readonly children: (value: Value) => ComponentChildren;
}

/** Shows a resource, or why it is not there (yet). A spinner appears only if it takes long. */
export const Load = <Value,>({ resource, children }: LoadProps<Value>) => {
  const { value, error, isSlow, isLoading, reload } = resource;
  return (
    <>
      {error !== undefined && <ErrorNote error={error} onRetry={reload} />}
      {value === undefined ? isLoading && isSlow && <Spinner label="Loading" /> : children(value)}
    </>
  );
};

export const Spinner = ({ label }: { readonly label: string }) => (
  <div class="row muted" role="status">
    <span class="spinner" aria-hidden="true" />
    {label} …
  </div>
);
