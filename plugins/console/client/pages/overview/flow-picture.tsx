import { useMemo } from "preact/hooks";
import { BOX_HEIGHT, layoutFlow } from "./flow.ts";
import { describeSource, type Overview } from "./overview.ts";

/** Pixels that a character takes at most in a box, on average. */
const TITLE_CHAR_WIDTH = 8;
const TEXT_CHAR_WIDTH = 6;
const PADDING = 10;

const cut = (text: string, max: number): string => (text.length > max ? `${text.slice(0, max - 1)}…` : text);

/** The way from a request to the listeners, as a picture. Screen readers get the list instead. */
export const FlowPicture = ({ overview }: { readonly overview: Overview }) => {
  const { width, height, boxes, lines } = useMemo(() => layoutFlow(overview), [overview]);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so the keyboard must reach it
    <section class="flow" tabIndex={0} aria-label="Picture of the data flow">
      <svg
        width={width}
        height={height}
        viewBox={`0 0 ${width} ${height}`}
        role="img"
        aria-label="From a request to its listeners"
      >
        {lines.map(({ id, path }) => (
          <path key={id} class="flow-line" d={path} />
        ))}
        {boxes.map(({ id, kind, x, y, width: boxWidth, title, text }) => (
          <g key={id} class={`flow-box flow-${kind}`} transform={`translate(${x} ${y})`}>
            <title>{`${title}: ${text}`}</title>
            <rect width={boxWidth} height={BOX_HEIGHT} rx="6" />
            <text class="flow-title" x={PADDING} y="20">
              {cut(title, Math.floor((boxWidth - 2 * PADDING) / TITLE_CHAR_WIDTH))}
            </text>
            <text class="flow-text" x={PADDING} y="37">
              {cut(text, Math.floor((boxWidth - 2 * PADDING) / TEXT_CHAR_WIDTH))}
            </text>
          </g>
        ))}
      </svg>
    </section>
  );
};

/** The same as a list. */
export const FlowList = ({ overview }: { readonly overview: Overview }) => (
  <ol class="stack-small flow-list">
    <li>A request reaches the function api, which checks permissions and runs the hooks of plugins.</li>
    <li>The change is committed to the table. Its stream calls the function dispatch.</li>
    <li>
      Dispatch sends the event to the queue of each listener whose filter matches:
      <ul class="stack-small">
        {overview.queues.map((queue) => (
          <li key={queue.name}>
            <span class="mono">{queue.name}</span> gets {describeSource(queue)}
            {queue.publishers.length > 0 && `; its results go to ${queue.publishers.join(", ")}`}.
          </li>
        ))}
      </ul>
    </li>
  </ol>
);
