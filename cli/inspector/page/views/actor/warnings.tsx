/** What somebody should know about an actor before they read on: what cannot be read, what fails. */
import type { ActorView } from "../../../api";
import { Icon } from "../../parts/icon";
import { hrefOf } from "../../routing/route";
import { plural } from "../../values/format";

export function Warnings({ view }: { readonly view: ActorView }) {
  const { unreadable, failing } = view;
  return (
    <>
      {unreadable.length > 0 && (
        <section class="note bad tall" aria-label="What cannot be read">
          <Icon name="warning" />
          <div>
            <h2>{plural(unreadable.length, "field")} of this actor cannot be read</h2>
            <p>What is stored was left as it is. The rest is shown.</p>
            <dl class="pairs">
              {unreadable.map(({ field, message }) => (
                <div key={field}>
                  <dt>{field}</dt>
                  <dd>{message}</dd>
                </div>
              ))}
            </dl>
          </div>
        </section>
      )}
      {failing !== undefined && (
        <section class="note warn tall" aria-label="The message that failed last">
          <Icon name="repeat" />
          <div>
            <h2>
              {failing.reason === undefined
                ? "A message fails, and is tried again"
                : "A message was given up: it is a dead letter"}
            </h2>
            <p>
              {plural(failing.attempts, "attempt")} counted
              {failing.begun !== undefined && `, begun ${plural(failing.begun, "time")} without an end`}.
              Message <code>{failing.messageId}</code>
              {failing.reason !== undefined && (
                <>
                  {" "}
                  ·{" "}
                  <a href={hrefOf({ page: "dead-letters", type: view.type })}>Dead letters of {view.type}</a>
                </>
              )}
            </p>
            {failing.reason !== undefined && (
              <p>
                <code>{failing.reason.code}</code> {failing.reason.message}
              </p>
            )}
          </div>
        </section>
      )}
    </>
  );
}
