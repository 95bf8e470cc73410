/** A turn: when, what, how it ended, and where its time went. */
import { useState } from "preact/hooks";
import type { Turn } from "../../../api";
import { IconButton } from "../../parts/button";
import { Pairs } from "../../parts/disclosure";
import { Clock } from "../../parts/time";
import { go } from "../../routing/location";
import { hrefOf } from "../../routing/route";
import { formatCount, formatDuration } from "../../values/format";
import { Outcome } from "./outcome";
import { SEGMENTS, segmentsOf, totalMsOf } from "./scale";
import { TurnBar } from "./turn-bar";

interface TurnRowProps {
  readonly turn: Turn;
  readonly scaleMs: number;
  /** Of one actor alone, its name would stand in each row. */
  readonly hasActor?: boolean;
}

export function TurnRow({ turn, scaleMs, hasActor = true }: TurnRowProps) {
  const { actor, actorId, method, kind, outcome, atMs, code, message, version } = turn;
  const [isOpen, setOpen] = useState(false);
  const href = hrefOf({ page: "actor", type: actor, id: actorId });
  const onKeyDown = (event: KeyboardEvent) => {
    const wanted = { ArrowRight: true, ArrowLeft: false, " ": !isOpen }[event.key];
    if (wanted === undefined) return;
    event.preventDefault();
    setOpen(wanted);
  };
  const onClick = (event: MouseEvent) => {
    const isOther = (event.target as HTMLElement).closest("a, button") !== null;
    if (!isOther && getSelection()?.isCollapsed !== false) setOpen(!isOpen);
  };
  const what = (
    <>
      {hasActor && (
        <span class="actor-link">
          <span class="type">{actor}</span>
          <span class="slash">/</span>
          <span class="id">{actorId}</span>
        </span>
      )}
      <span class="method">
        {hasActor && "."}
        {method}()
      </span>
    </>
  );
  return (
    <li class={`turn ${outcome} ${isOpen ? "open" : ""}`}>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: a wider target for the button in it */}
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: the link in it has the keys */}
      <div class={hasActor ? "turn-row" : "turn-row of-actor"} onClick={onClick}>
        <IconButton
          icon="chevron"
          class="twist-icon"
          label={isOpen ? "Hide the turn's details" : "Show the turn's details"}
          tabIndex={-1}
          onClick={() => setOpen(!isOpen)}
        />
        <Clock atMs={atMs} />
        <Outcome name={outcome} />
        {hasActor ? (
          <a
            class="turn-what"
            href={href}
            data-row
            title={`${actor}/${actorId}`}
            aria-label={`${actor}/${actorId} ${method}, ${outcome}`}
            onKeyDown={onKeyDown}
          >
            {what}
          </a>
        ) : (
          <button
            type="button"
            class="turn-what"
            data-row
            aria-expanded={isOpen}
            aria-label={`${method}, ${outcome}`}
            onClick={() => setOpen(!isOpen)}
            onKeyDown={onKeyDown}
          >
            {what}
          </button>
        )}
        <span class="kind">{kind}</span>
        <TurnBar turn={turn} scaleMs={scaleMs} />
        <span class="duration">{formatDuration(totalMsOf(turn))}</span>
        <span class="version">{version === undefined ? "" : `v${formatCount(version)}`}</span>
      </div>
      {code !== undefined && !isOpen && (
        <p class="turn-error" title={message}>
          <code>{code}</code> {message}
        </p>
      )}
      {isOpen && (
        <div class="turn-details">
          <TurnDetails
            turn={turn}
            onOpen={hasActor ? () => go({ page: "actor", type: actor, id: actorId }) : undefined}
          />
        </div>
      )}
    </li>
  );
}

interface TurnDetailsProps {
  readonly turn: Turn;
  readonly onOpen: (() => void) | undefined;
}

function TurnDetails({ turn, onOpen }: TurnDetailsProps) {
  const { actor, actorId, callId, kind, attempts, reminder, code, message, version } = turn;
  const segments = segmentsOf(turn);
  return (
    <>
      {code !== undefined && (
        <p class="error-text">
          <code>{code}</code> {message}
        </p>
      )}
      <Pairs
        pairs={[
          [
            "Actor",
            onOpen !== undefined && (
              <a key="actor" href={hrefOf({ page: "actor", type: actor, id: actorId })}>
                {actor}/{actorId}
              </a>
            ),
          ],
          ["Call id", <code key="call">{callId}</code>],
          ["Kind", reminder === undefined ? kind : `${kind} “${reminder}”`],
          ["Attempt", attempts],
          ["Version", version],
          ["Time", SEGMENTS.map((segment) => `${segment} ${formatDuration(segments[segment])}`).join(" · ")],
        ]}
      />
    </>
  );
}
