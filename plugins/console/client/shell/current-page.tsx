import { Component, type ComponentChildren, type ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";
import { EmptyState } from "../components/empty-state.tsx";
import { ErrorNote } from "../components/error-note.tsx";
import { place } from "../lib/router.ts";
import { isAdministrator } from "../lib/server-info.ts";
import { PAGES, type PageProps } from "../pages/index.ts";

/** Pages whose code is loaded, by their path. */
const loaded = new Map<string, ComponentType<PageProps>>();

/** Shows the page of the address. */
export const CurrentPage = () => {
  const { parts, query } = place.value;
  const [path = PAGES[0]?.path ?? "", ...rest] = parts;
  const entry = PAGES.find((page) => page.path === path);
  const [error, setError] = useState<unknown>(undefined);
  const [, setRound] = useState(0);
  useEffect(() => {
    setError(undefined);
    if (entry === undefined || loaded.has(path)) return;
    entry.load().then(
      ({ default: page }) => {
        loaded.set(path, page);
        setRound((round) => round + 1);
      },
      () => setError(new Error("The page could not be loaded. The store does not answer, or was updated.")),
    );
  }, [path]);

  if (entry === undefined)
    return (
      <EmptyState title="There is no such page">
        <p>Choose a page of the navigation.</p>
      </EmptyState>
    );
  if (entry.forAdministrators && isAdministrator.value === false)
    return (
      <EmptyState title={`${entry.name} is for administrators`}>
        <p>Ask one of them to add you to the administrators of the plugin console, or log in as another user.</p>
      </EmptyState>
    );
  if (error !== undefined) return <ErrorNote error={error} onRetry={() => location.reload()} />;
  const PageOfPlace = loaded.get(path);
  return (
    <ErrorBoundary key={path}>{PageOfPlace !== undefined && <PageOfPlace parts={rest} query={query} />}</ErrorBoundary>
  );
};

/** Shows an error of a page instead of nothing at all. */
class ErrorBoundary extends Component<{ readonly children: ComponentChildren }, { readonly error?: unknown }> {
  static override getDerivedStateFromError(error: unknown) {
    return { error };
  }

  override render() {
    const { error } = this.state;
    return error === undefined ? this.props.children : <ErrorNote error={error} onRetry={() => location.reload()} />;
  }
}
