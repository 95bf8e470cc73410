/** The room's stream, which comes back by itself and goes on where it was cut. */
import { openStream } from "./server.mjs";

const AGAIN_MS = 2_000;

/** @param on what to do with `message`, `people`, `missed`, and with `state`: "live" or "reconnecting" */
export function listen(on) {
  let source;
  let seen;
  let again;

  function open() {
    clearTimeout(again);
    source?.close();
    source = openStream(seen);
    source.onopen = () => on.state("live");
    source.onerror = () => {
      on.state("reconnecting");
      // The browser comes back by itself, and says what it has. It gives up where the server did not answer as it should.
      if (source.readyState === EventSource.CLOSED) again = setTimeout(open, AGAIN_MS);
    };
    source.addEventListener("message", ({ data, lastEventId }) => {
      seen = lastEventId;
      on.message(JSON.parse(data));
    });
    source.addEventListener("people", ({ data }) => on.people(JSON.parse(data)));
    source.addEventListener("missed", () => on.missed());
  }
  addEventListener("online", open);
  open();
}
