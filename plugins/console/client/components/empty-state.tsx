import type { ComponentChildren } from "preact";

/** Says that there is nothing, and what to do next. */
export const EmptyState = ({ title, children }: { readonly title: string; readonly children?: ComponentChildren }) => (
  <div class="empty">
    <p class="empty-title">{title}</p>
    {children !== undefined && <div class="empty-text stack-small">{children}</div>}
  </div>
);
