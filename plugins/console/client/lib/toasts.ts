import { signal } from "@preact/signals";

export interface Toast {
  readonly id: number;
  readonly text: string;
  readonly tone: "info" | "error";
  readonly action?: { readonly label: string; readonly run: () => void };
}

/** Messages at the bottom, oldest first. */
export const toasts = signal<readonly Toast[]>([]);

/** Long enough to read, and to reach an action by keyboard. */
const SHOWN_MS = 10_000;
let lastId = 0;

export const removeToast = (id: number): void => {
  toasts.value = toasts.value.filter((toast) => toast.id !== id);
};

/** Shows a message for some seconds. */
export const showToast = (text: string, options: Partial<Pick<Toast, "tone" | "action">> = {}): void => {
  lastId += 1;
  const id = lastId;
  toasts.value = [...toasts.value.slice(-2), { tone: "info", ...options, id, text }];
  setTimeout(() => removeToast(id), SHOWN_MS);
};
