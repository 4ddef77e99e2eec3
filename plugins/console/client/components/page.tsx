import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";

interface PageProps {
  readonly title: string;
  /** Links to what the page is in, the outermost first. */
  readonly crumbs?: readonly { readonly label: string; readonly href: string }[];
  readonly actions?: ComponentChildren;
  readonly children: ComponentChildren;
}

/** The frame of a page: its title, what can be done with it, and its content. */
export const Page = ({ title, crumbs = [], actions, children }: PageProps) => {
  useEffect(() => {
    document.title = `${title} · Kintoun`;
  }, [title]);
  return (
    <div class="page">
      <header class="page-head">
        <div class="page-title">
          {crumbs.length > 0 && (
            <nav aria-label="Breadcrumbs">
              <ol class="crumbs">
                {crumbs.map(({ label, href }) => (
                  <li key={href}>
                    <a href={href}>{label}</a> <span aria-hidden="true">/</span>
                  </li>
                ))}
              </ol>
            </nav>
          )}
          <h1>{title}</h1>
        </div>
        {actions !== undefined && <div class="row">{actions}</div>}
      </header>
      {children}
    </div>
  );
};
