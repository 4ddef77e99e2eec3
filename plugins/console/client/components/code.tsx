interface CodeProps {
  /** What it is, for screen readers. */
  readonly label: string;
  readonly text: string;
}

/** Text as it is: code, a message, a stack. Scrolls when it is long. */
export const Code = ({ label, text }: CodeProps) => (
  // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so the keyboard must reach it
  <section class="code" tabIndex={0} aria-label={label}>
    <pre>{text}</pre>
  </section>
);
