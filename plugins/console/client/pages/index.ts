import type { ComponentType } from "preact";
import type { IconName } from "../components/icon.tsx";

/** What a page gets: the place in the address behind its own path. */
export interface PageProps {
  /** Decoded. */
  readonly parts: readonly string[];
  readonly query: URLSearchParams;
}

export interface PageEntry {
  readonly name: string;
  /** The first part of the address. */
  readonly path: string;
  readonly icon: IconName;
  /** Loads the page's code when it is first shown. */
  readonly load: () => Promise<{ readonly default: ComponentType<PageProps> }>;
  /** Whether only users who administer the store see something there. */
  readonly forAdministrators: boolean;
}

/** All pages, in the order of the navigation. */
export const PAGES: readonly PageEntry[] = [
  {
    name: "Data",
    path: "data",
    icon: "data",
    load: () => import("./data/index.tsx"),
    forAdministrators: false,
  },
  {
    name: "Search",
    path: "search",
    icon: "search",
    load: () => import("./search/index.tsx"),
    forAdministrators: false,
  },
  {
    name: "Overview",
    path: "overview",
    icon: "overview",
    load: () => import("./overview/index.tsx"),
    forAdministrators: true,
  },
  {
    name: "Events",
    path: "events",
    icon: "events",
    load: () => import("./events/index.tsx"),
    forAdministrators: true,
  },
  {
    name: "Requests",
    path: "requests",
    icon: "requests",
    load: () => import("./requests/index.tsx"),
    forAdministrators: true,
  },
  {
    name: "Jobs",
    path: "jobs",
    icon: "jobs",
    load: () => import("./jobs/index.tsx"),
    forAdministrators: true,
  },
  {
    name: "Mail and webhooks",
    path: "mail",
    icon: "mail",
    load: () => import("./mail/index.tsx"),
    forAdministrators: true,
  },
  {
    name: "Users",
    path: "users",
    icon: "users",
    load: () => import("./users/index.tsx"),
    forAdministrators: true,
  },
];
