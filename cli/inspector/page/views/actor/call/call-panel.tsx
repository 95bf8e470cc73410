/** Calls to an actor: the form, the newest result, and what was called before. */

import { useState } from "preact/hooks";
import { Icon } from "../../../parts/icon";
import { Loading } from "../../../parts/states";
import { app } from "../../../state/app";
import { type CallRecord, records } from "../../../state/calls";
import { useCell } from "../../../state/cell";
import { CallForm } from "./call-form";
import { CallHistory } from "./call-history";
import { CallResult } from "./call-result";

interface CallPanelProps {
  readonly type: string;
  readonly id: string;
  readonly isReadonly: boolean;
}

export function CallPanel({ type, id, isReadonly }: CallPanelProps) {
  const info = useCell(app);
  const all = useCell(records);
  const [again, setAgain] = useState<CallRecord>();
  if (info === undefined) return <Loading rows={4} label="Loading the methods" />;
  if (isReadonly) {
    return (
      <Explanation title="A deployed app is only looked at">
        Calls are made by its clients, and from the command line with <code>npx durable-lambda call</code>.
        What you see here takes no lease and changes nothing.
      </Explanation>
    );
  }
  const methods = info.actors.find(({ name }) => name === type)?.methods;
  if (methods === undefined || methods.length === 0) {
    return (
      <Explanation title="Nothing to call">
        The code that runs {methods === undefined ? "has no actor" : "has no methods in"} <code>{type}</code>.
        What is stored stays.
      </Explanation>
    );
  }
  const ofActor = all.filter((call) => call.type === type && call.id === id);
  const [newest, ...older] = ofActor;
  return (
    <div class="card">
      <CallForm
        key={`${type}/${id}/${again?.number ?? 0}`}
        type={type}
        id={id}
        methods={methods}
        again={again}
      />
      {newest !== undefined && <CallResult key={newest.number} call={newest} />}
      {older.length > 0 && <CallHistory calls={older} onAgain={setAgain} />}
    </div>
  );
}

function Explanation({
  title,
  children,
}: {
  readonly title: string;
  readonly children: preact.ComponentChildren;
}) {
  return (
    <section class="explanation">
      <h2>
        <Icon name="lock" /> {title}
      </h2>
      <p>{children}</p>
    </section>
  );
}
