/** Whether the code that runs is the code as it is saved; when it does not build, why. */
import { useEffect, useRef, useState } from "preact/hooks";
import type { BuildProblem, BuildStatus } from "../../api";
import { useKeys } from "../keyboard/keys";
import { CopyButton, IconButton } from "../parts/button";
import { Icon } from "../parts/icon";
import { Ago } from "../parts/time";
import { connection } from "../server/connection";
import { useCell } from "../state/cell";
import { plural } from "../values/format";

type Failed = Extract<BuildStatus, { state: "failed" }>;

export function BuildPill({ build }: { readonly build: BuildStatus | undefined }) {
  const failed = build?.state === "failed" ? build : undefined;
  const [isOpen, setOpen] = useState(false);
  // A failure shows itself; whoever closes it sees it again with the next one.
  const seen = useRef<number | undefined>(undefined);
  useEffect(() => {
    if (seen.current === failed?.sinceMs) return;
    seen.current = failed?.sinceMs;
    setOpen(failed !== undefined);
  }, [failed]);
  useKeys({ Escape: () => isOpen && setOpen(false) }, true);
  const isGone = useCell(connection) === "gone";
  if (build === undefined || isGone) return null;
  if (failed === undefined) {
    return (
      <span class={`pill ${build.state}`} role="status">
        <span class="dot" aria-hidden="true" />
        {build.state === "ready" ? "Ready" : "Building"}
      </span>
    );
  }
  return (
    <>
      <button
        type="button"
        class="pill failed"
        aria-expanded={isOpen}
        aria-controls="build-problems"
        onClick={() => setOpen(!isOpen)}
      >
        <Icon name="cross" />
        Build failed
      </button>
      {isOpen && <Problems build={failed} onClose={() => setOpen(false)} />}
    </>
  );
}

function Problems({ build, onClose }: { readonly build: Failed; readonly onClose: () => void }) {
  const { problems, sinceMs } = build;
  return (
    <section id="build-problems" class="build-problems" role="alert" aria-label="The build failed">
      <header>
        <h2>
          {plural(problems.length, "problem")} <span class="muted">in the build</span>
        </h2>
        <span class="muted">
          <Ago atMs={sinceMs} />
        </span>
        <span class="spring" />
        <IconButton icon="cross" label="Close the build’s problems" onClick={onClose} />
      </header>
      <p class="hint">
        What was built before goes on running. Save a better version, and this closes by itself.
      </p>
      <ol>
        {problems.map((problem, index) => (
          <li key={index}>
            <ProblemItem problem={problem} />
          </li>
        ))}
      </ol>
    </section>
  );
}

function ProblemItem({ problem }: { readonly problem: BuildProblem }) {
  const { message, file, line, column, text } = problem;
  const where = [file, line, column].filter((part) => part !== undefined).join(":");
  return (
    <>
      <p class="problem-message">{message}</p>
      {where !== "" && (
        <p class="problem-where">
          <code>{where}</code>
          <CopyButton text={() => where} label="Copy where it is" />
        </p>
      )}
      {text !== undefined && (
        <pre class="problem-text">
          {line !== undefined && <span class="line-number">{line} </span>}
          {text}
          {column !== undefined && (
            <span class="caret" aria-hidden="true">
              {`\n${" ".repeat(`${line ?? ""} `.length * (line === undefined ? 0 : 1))}${text.slice(0, column).replace(/[^\t]/g, " ")}^`}
            </span>
          )}
        </pre>
      )}
    </>
  );
}
