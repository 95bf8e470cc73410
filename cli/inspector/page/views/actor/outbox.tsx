/** What an actor's turns have caused, and has perhaps not arrived yet. */
import type { ComponentChildren } from "preact";
import { useRef } from "preact/hooks";
import type { ActorView } from "../../../api";
import { useListKeys } from "../../keyboard/list-keys";
import { Badge, type Tone } from "../../parts/badge";
import { Disclosure } from "../../parts/disclosure";
import { Empty } from "../../parts/states";
import { hrefOf } from "../../routing/route";
import { Tree } from "../../tree/tree";
import type { Json } from "../../values/json";
import { preview } from "../../values/packed";
import { parsedOr } from "../../values/parsed";

type Effect = ActorView["outbox"][number];
type Message = Extract<Effect, { kind: "message" }>["message"];

const TITLES: Readonly<Record<Effect["kind"], { readonly title: string; readonly tone: Tone }>> = {
  message: { title: "Messages", tone: "info" },
  event: { title: "Events", tone: "violet" },
  settle: { title: "Results of tracked calls", tone: "good" },
  letter: { title: "Dead letters", tone: "bad" },
};

export function Outbox({ effects }: { readonly effects: readonly Effect[] }) {
  const list = useRef<HTMLDivElement>(null);
  useListKeys(list);
  if (effects.length === 0) {
    return (
      <Empty icon="check" title="Nothing waits here">
        What a turn sends and emits stands here from its commit until it is delivered, mostly for some
        milliseconds.
      </Empty>
    );
  }
  const kinds = Object.keys(TITLES) as Effect["kind"][];
  return (
    <div ref={list}>
      {kinds.map((kind) => {
        const ofKind = effects.filter((effect) => effect.kind === kind);
        if (ofKind.length === 0) return null;
        return (
          <section key={kind} aria-label={TITLES[kind].title}>
            <h2 class="group-title">
              {TITLES[kind].title} <span class="count">{ofKind.length}</span>
            </h2>
            <ul class="rows" aria-label={TITLES[kind].title}>
              {ofKind.map((effect, index) => (
                <EffectRow key={index} effect={effect} />
              ))}
            </ul>
          </section>
        );
      })}
    </div>
  );
}

function EffectRow({ effect }: { readonly effect: Effect }) {
  const { text, extra } = summaryOf(effect);
  return (
    <Disclosure
      label={`${effect.kind} ${text}`}
      summary={
        <>
          <Badge tone={TITLES[effect.kind].tone}>{effect.kind}</Badge>
          <code class="cut">{text}</code>
          <span class="spring" />
          <span class="muted">{extra}</span>
        </>
      }
    >
      {() => (
        <>
          {"message" in effect && (
            <p>
              To <ActorLink type={effect.message.actor} id={effect.message.id} />
            </p>
          )}
          <Tree value={contentOf(effect)} label="Effect" root={effect.kind} />
        </>
      )}
    </Disclosure>
  );
}

function summaryOf(effect: Effect): { readonly text: string; readonly extra: ComponentChildren } {
  switch (effect.kind) {
    case "message":
      return { text: callText(effect.message), extra: effect.message.mode };
    case "event":
      return { text: `${effect.event.source} ${effect.event.detailType}`, extra: "" };
    case "settle":
      return { text: effect.callId, extra: effect.outcome.status };
    case "letter":
      return { text: callText(effect.message), extra: effect.reason.code };
  }
}

function callText({ actor, id, method, args }: Message): string {
  return `${actor}/${id} ${method}(${args.map((arg) => preview(arg, 30)).join(", ")})`;
}

/** With the texts in it that are JSON themselves as what they stand for. */
function contentOf(effect: Effect): Json {
  const content = JSON.parse(JSON.stringify(effect)) as Record<string, Json>;
  if (effect.kind === "event") content.event = { ...effect.event, detail: parsedOr(effect.event.detail) };
  if (effect.kind === "settle") {
    const { outcome } = effect;
    content.outcome =
      outcome.status === "failed"
        ? { status: outcome.status, error: parsedOr(outcome.error) }
        : { status: outcome.status, result: parsedOr(outcome.result) };
  }
  return content;
}

export function ActorLink({ type, id }: { readonly type: string; readonly id: string }) {
  return (
    <a class="actor-link" href={hrefOf({ page: "actor", type, id })} title={`${type}/${id}`}>
      <span class="type">{type}</span>
      <span class="slash">/</span>
      <span class="id">{id}</span>
    </a>
  );
}
