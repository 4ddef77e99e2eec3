import { useEffect, useState } from "preact/hooks";
import { Button } from "../components/button.tsx";
import { Icon } from "../components/icon.tsx";
import { Spinner } from "../components/loading.tsx";
import { Toasts } from "../components/toasts.tsx";
import { href, place } from "../lib/router.ts";
import { isAdministrator, loadServerInfo, serverError, serverInfo } from "../lib/server-info.ts";
import { finishOpenIdLogin, isLoggedIn, logOut } from "../lib/session.ts";
import { switchTheme, theme } from "../lib/theme.ts";
import { PAGES, type PageEntry } from "../pages/index.ts";
import { Brand } from "./brand.tsx";
import { CurrentPage } from "./current-page.tsx";
import { Login } from "./login.tsx";

const THEME_ICONS = { system: "system", light: "sun", dark: "moon" } as const;
/** Longer waits are announced. */
const SLOW_MS = 300;

/** The whole console: the login, or navigation and the current page. */
export const Shell = () => {
  const [isReady, setReady] = useState(false);
  const [isSlow, setSlow] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setSlow(true), SLOW_MS);
    void finishOpenIdLogin().then(() => setReady(true));
    return () => clearTimeout(timer);
  }, []);
  const loggedIn = isLoggedIn.value;
  useEffect(() => {
    if (isReady) void loadServerInfo();
  }, [isReady, loggedIn]);

  if (serverError.value !== "" && serverInfo.value === undefined)
    return (
      <main class="login">
        <Brand />
        <div class="note note-bad" role="alert">
          <strong>{serverError.value}</strong>
          <Button icon="reload" onClick={() => location.reload()}>
            Load again
          </Button>
        </div>
      </main>
    );
  if (!isReady || serverInfo.value === undefined)
    return <main class="login">{isSlow && <Spinner label="Connecting to the store" />}</main>;
  return (
    <>
      {loggedIn ? <Workplace /> : <Login info={serverInfo.value} />}
      <Toasts />
    </>
  );
};

const Workplace = () => {
  const [isOpen, setOpen] = useState(false);
  const [first = PAGES[0]?.path] = place.value.parts;
  useEffect(() => setOpen(false), [place.value]);
  useEffect(() => {
    document.addEventListener("keydown", focusSearch);
    return () => document.removeEventListener("keydown", focusSearch);
  }, []);
  return (
    <div class="shell">
      <button type="button" class="skip" onClick={() => document.getElementById("main")?.focus()}>
        Skip to the content
      </button>
      <header class="top-bar">
        <Brand />
        <Button tone="quiet" icon="menu" label="Menu" expanded={isOpen} onClick={() => setOpen(!isOpen)} />
      </header>
      <aside class="sidebar" aria-label="Console" data-open={isOpen}>
        <Brand />
        <nav class="nav" aria-label="Pages">
          <NavigationLinks pages={PAGES.filter((page) => !page.forAdministrators)} current={first} />
          {isAdministrator.value !== false && (
            <>
              <h2 class="nav-heading">Operations</h2>
              <NavigationLinks pages={PAGES.filter((page) => page.forAdministrators)} current={first} />
            </>
          )}
        </nav>
        <SidebarFoot />
      </aside>
      <main class="main" id="main" tabIndex={-1}>
        <CurrentPage />
      </main>
    </div>
  );
};

interface NavigationLinksProps {
  readonly pages: readonly PageEntry[];
  readonly current: string | undefined;
}

const NavigationLinks = ({ pages, current }: NavigationLinksProps) => (
  <>
    {pages.map(({ name, path, icon }) => (
      <a key={path} class="nav-link" href={href([path])} aria-current={path === current ? "page" : undefined}>
        <Icon name={icon} />
        {name}
      </a>
    ))}
  </>
);

const SidebarFoot = () => {
  const user = serverInfo.value?.user?.id ?? "";
  return (
    <div class="sidebar-foot">
      <div class="sidebar-user small muted" title={user}>
        {user.replace(/^account:/, "")}
      </div>
      <div class="row row-spread">
        <Button
          small
          tone="quiet"
          icon={THEME_ICONS[theme.value]}
          label={`Theme: ${theme.value}. Switch it.`}
          onClick={switchTheme}
        />
        <Button small tone="quiet" icon="logout" onClick={() => void logOut()}>
          Log out
        </Button>
      </div>
    </div>
  );
};

/** `/` goes to the search field of the page, unless the user writes. */
const focusSearch = (event: KeyboardEvent): void => {
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target instanceof Element && event.target.closest("input, textarea, select, [contenteditable]") !== null)
    return;
  const field = document.querySelector<HTMLElement>("#main [data-search]");
  if (field === null) return;
  event.preventDefault();
  field.focus();
};
