const PATHS = {
  overview: "M3 12h4l3-8 4 16 3-8h4",
  data: "M4 6c0-1.7 3.6-3 8-3s8 1.3 8 3-3.6 3-8 3-8-1.3-8-3Zm0 0v12c0 1.7 3.6 3 8 3s8-1.3 8-3V6M4 12c0 1.7 3.6 3 8 3s8-1.3 8-3",
  search: "M10.5 17a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13Zm4.7-1.8L21 21",
  events: "M13 2 4 14h7l-1 8 9-12h-7l1-8Z",
  requests: "M4 7h13m0 0-4-4m4 4-4 4M20 17H7m0 0 4-4m-4 4 4 4",
  jobs: "M5 3l14 9-14 9V3Z",
  mail: "M3 5h18v14H3V5Zm0 1 9 7 9-7",
  users:
    "M9 11a4 4 0 1 0 0-8 4 4 0 0 0 0 8Zm-7 10c0-4 3-6.5 7-6.5s7 2.500 7 6.500M16 3.500a4 4 0 0 1 0 7.500m3 4c2 .9 3 3 3 6",
  add: "M12 5v14M5 12h14",
  close: "M6 6l12 12M18 6 6 18",
  menu: "M4 7h16M4 12h16M4 17h16",
  up: "M6 15l6-6 6 6",
  down: "M6 9l6 6 6-6",
  left: "M15 6l-6 6 6 6",
  right: "M9 6l6 6-6 6",
  copy: "M9 9h11v11H9V9Zm-5 6V4h11",
  sun: "M12 16a4 4 0 1 0 0-8 4 4 0 0 0 0 8Zm0-14v2m0 16v2M2 12h2m16 0h2M5 5l1.400 1.400m11.200 11.200L19 19M5 19l1.400-1.400M17.600 6.400 19 5",
  moon: "M20 14.500A8.500 8.500 0 0 1 9.500 4a8.500 8.500 0 1 0 10.500 10.500Z",
  system: "M3 4h18v12H3V4Zm6 16h6m-3-4v4",
  logout: "M10 4H4v16h6m5-13 5 5-5 5m5-5H9",
  reload: "M20 11a8 8 0 0 0-14-4.500L3 9m0-5v5h5m-4 4a8 8 0 0 0 14 4.500l3-2.500m0 5v-5h-5",
  history: "M3 12a9 9 0 1 0 3-6.700L3 8m0-5v5h5m4-1v5l3.500 2",
  trash: "M4 7h16M9 7V4h6v3m3 0-1 13H7L6 7",
  filter: "M3 5h18l-7 8.500V20l-4-2v-4.500L3 5Z",
  lock: "M5 11h14v10H5V11Zm3 0V7a4 4 0 0 1 8 0v4",
} as const;

export type IconName = keyof typeof PATHS;

/** A picture without a name of its own: say beside it, or by `aria-label` around it, what it means. */
export const Icon = ({ name }: { readonly name: IconName }) => (
  <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
    <path d={PATHS[name]} />
  </svg>
);
