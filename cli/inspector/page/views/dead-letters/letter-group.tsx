/** The dead letters of one actor. */
import { useState } from "preact/hooks";
import type { DeadLetter } from "../../../api";
import { Badge } from "../../parts/badge";
import { Button } from "../../parts/button";
import { Disclosure, Pairs } from "../../parts/disclosure";
import { ScrollableText } from "../../parts/scrollable-text";
import { Ago } from "../../parts/time";
import { Tree } from "../../tree/tree";
import { formatCount, formatMoment, plural } from "../../values/format";
import { parsed } from "../../values/parsed";
import { ActorLink } from "../actor/outbox";
import type { Letters } from "./actions";
import type { Group } from "./groups";

interface GroupProps {
  readonly group: Group;
  readonly isReadonly: boolean;
  readonly onRedrive: (letters: Letters) => Promise<void>;
  readonly onDiscard: (letters: Letters) => void;
}

export function LetterGroup({ group, isReadonly, onRedrive, onDiscard }: GroupProps) {
  const { address, letters } = group;
  const name = address === undefined ? "no actor" : `${address.type}/${address.id}`;
  const all: Letters | undefined =
    address === undefined
      ? undefined
      : {
          filter: { actor: address.type, id: address.id },
          count: letters.length,
          name: `Every letter of ${name}`,
        };
  return (
    <section class="letters" aria-label={`Dead letters of ${name}`}>
      <header class="group-head">
        <h2>
          {address === undefined ? (
            "No message of this app"
          ) : (
            <ActorLink type={address.type} id={address.id} />
          )}
        </h2>
        <span class="count">{formatCount(letters.length)}</span>
        <span class="spring" />
        {!isReadonly && all !== undefined && letters.length > 1 && (
          <Actions letters={all} suffix=" all" onRedrive={onRedrive} onDiscard={onDiscard} />
        )}
      </header>
      <ul class="rows" aria-label={`Letters of ${name}`}>
        {letters.map((letter) => (
          <LetterRow
            key={letter.messageId}
            letter={letter}
            isReadonly={isReadonly}
            onRedrive={onRedrive}
            onDiscard={onDiscard}
          />
        ))}
      </ul>
    </section>
  );
}

interface ActionsProps {
  readonly letters: Letters;
  readonly suffix?: string;
  readonly canRedrive?: boolean;
  readonly onRedrive: (letters: Letters) => Promise<void>;
  readonly onDiscard: (letters: Letters) => void;
}

function Actions({ letters, suffix = "", canRedrive = true, onRedrive, onDiscard }: ActionsProps) {
  const [isBusy, setBusy] = useState(false);
  const send = async () => {
    setBusy(true);
    await onRedrive(letters);
    setBusy(false);
  };
  return (
    <span class="actions">
      {canRedrive && (
        <Button
          isSmall
          icon="redrive"
          isBusy={isBusy}
          title="Send it back to its actor, once the cause is mended"
          onClick={() => void send()}
        >
          {`Redrive${suffix}`}
        </Button>
      )}
      <Button isSmall kind="quiet" icon="trash" title="Delete it for good" onClick={() => onDiscard(letters)}>
        {`Discard${suffix}`}
      </Button>
    </span>
  );
}

interface LetterRowProps extends Omit<GroupProps, "group"> {
  readonly letter: DeadLetter;
}

function LetterRow({ letter, isReadonly, onRedrive, onDiscard }: LetterRowProps) {
  const { messageId, reason, method, actor, id } = letter;
  const isMessage = actor !== undefined;
  const letters: Letters = {
    filter: { messageId },
    count: 1,
    name: isMessage ? `The letter ${method} of ${actor}/${id}` : `The letter ${messageId}`,
  };
  return (
    <Disclosure
      label={`${reason.code}${method === undefined ? "" : ` in ${method}`}: ${reason.message}`}
      class="letter-row"
      summary={
        <span class="letter-grid">
          <span class="letter-what">
            <Badge tone="bad">{reason.name ?? reason.code}</Badge>
            {method !== undefined && <code>{method}()</code>}
          </span>
          <span class="cut letter-message">{reason.message}</span>
          <span class="muted attempts">{plural(reason.attempts, "attempt")}</span>
          <span class="muted right">
            <Ago atMs={reason.atMs} />
          </span>
        </span>
      }
      actions={
        !isReadonly && (
          <Actions letters={letters} canRedrive={isMessage} onRedrive={onRedrive} onDiscard={onDiscard} />
        )
      }
    >
      {() => <LetterDetails letter={letter} />}
    </Disclosure>
  );
}

/** One that is shorter is in the row as it is, mostly. */
const LONG_MESSAGE = 80;

function LetterDetails({ letter }: { readonly letter: DeadLetter }) {
  const { reason, body, callId, mode, messageId } = letter;
  const content = parsed(body);
  return (
    <>
      {reason.message.length > LONG_MESSAGE && <p class="error-text">{reason.message}</p>}
      <Pairs
        pairs={[
          ["Code", <code key="code">{reason.code}</code>],
          ["Error", reason.name],
          ["Given up", formatMoment(reason.atMs)],
          ["Attempts", reason.attempts],
          ["Mode", mode],
          ["Call id", callId !== undefined && <code key="call">{callId}</code>],
          ["Message id", <code key="message">{messageId}</code>],
        ]}
      />
      {reason.stack !== undefined && (
        <>
          <h3 class="detail-title">Stack</h3>
          <ScrollableText label="Stack" text={reason.stack} />
        </>
      )}
      <h3 class="detail-title">Message</h3>
      {content === undefined ? (
        <ScrollableText label="Message" text={body} />
      ) : (
        <Tree value={content} label="Message" root="message" />
      )}
    </>
  );
}
