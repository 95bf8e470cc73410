/** What stands where data will be, or is not: loading, nothing there, failed. */
import type { ComponentChildren } from "preact";
import { connection } from "../server/connection";
import type { Problem } from "../server/problem";
import { useCell } from "../state/cell";
import { Button } from "./button";
import { Icon, type IconName } from "./icon";

export function Loading({
  rows = 6,
  label = "Loading",
}: {
  readonly rows?: number;
  readonly label?: string;
}) {
  return (
    <div class="skeleton" role="status" aria-label={label}>
      {Array.from({ length: rows }, (_, row) => (
        <span key={row} class="skeleton-row" />
      ))}
    </div>
  );
}

interface EmptyProps {
  readonly icon?: IconName;
  readonly title: string;
  readonly children?: ComponentChildren;
  readonly actions?: ComponentChildren;
}

export function Empty({ icon = "empty", title, children, actions }: EmptyProps) {
  return (
    <div class="empty">
      <span class="empty-icon">
        <Icon name={icon} />
      </span>
      <h2>{title}</h2>
      {children !== undefined && <div class="empty-text">{children}</div>}
      {actions !== undefined && <div class="empty-actions">{actions}</div>}
    </div>
  );
}

interface FailureProps {
  /** What could not be done: "The actors could not be loaded". */
  readonly title: string;
  readonly problem: Problem;
  readonly onRetry: () => void;
}

export function Failure({ title, problem, onRetry }: FailureProps) {
  return (
    <div class="empty failure" role="alert">
      <span class="empty-icon">
        <Icon name="warning" />
      </span>
      <h2>{title}</h2>
      <p class="empty-text">
        <code>{problem.code}</code> {problem.message}
      </p>
      <div class="empty-actions">
        <Button icon="refresh" onClick={onRetry}>
          Try again
        </Button>
      </div>
    </div>
  );
}

/** Above data that is there: it could not be loaded anew. While the app is gone, the banner says so. */
export function StaleNote({ problem, onRetry }: { readonly problem: Problem; readonly onRetry: () => void }) {
  if (useCell(connection) === "gone") return null;
  return (
    <div class="note bad" role="status">
      <Icon name="warning" />
      <p>
        This is as it was before: <code>{problem.code}</code> {problem.message}
      </p>
      <Button isSmall onClick={onRetry}>
        Try again
      </Button>
    </div>
  );
}
