import type { ComponentChildren } from "preact";
import { Icon, type IconName } from "./icon.tsx";

interface ButtonProps {
  readonly children?: ComponentChildren;
  /** The name for screen readers; required if there is only an icon. */
  readonly label?: string;
  readonly icon?: IconName;
  readonly tone?: "primary" | "danger" | "quiet" | undefined;
  readonly small?: boolean;
  readonly type?: "button" | "submit";
  readonly disabled?: boolean;
  readonly pressed?: boolean;
  readonly expanded?: boolean;
  readonly onClick?: (() => void) | undefined;
  /** Makes it a link that looks like a button. */
  readonly href?: string;
}

export const Button = (props: ButtonProps) => {
  const { children, label, icon, tone, small = false, type = "button", disabled = false, href } = props;
  const classes = [
    "button",
    tone === undefined ? "" : `button-${tone}`,
    small ? "button-small" : "",
    children === undefined ? "button-icon" : "",
  ];
  const common = {
    class: classes.filter((name) => name !== "").join(" "),
    "aria-label": label,
    title: children === undefined ? label : undefined,
  };
  const content = (
    <>
      {icon !== undefined && <Icon name={icon} />}
      {children}
    </>
  );
  if (href !== undefined)
    return (
      <a {...common} href={href}>
        {content}
      </a>
    );
  return (
    <button
      {...common}
      type={type}
      disabled={disabled}
      aria-pressed={props.pressed}
      aria-expanded={props.expanded}
      onClick={() => props.onClick?.()}
    >
      {content}
    </button>
  );
};
