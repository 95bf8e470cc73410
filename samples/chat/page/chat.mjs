/** The page: who I am, what I write, and what happens in the room. */
import { listen } from "./live.mjs";
import { Outbox } from "./outbox.mjs";
import { enter, keep, kept, leave, Refused, room } from "./server.mjs";
import { addMessage, setMe, setRoom, setState, showPending, showPeople, startOver, toEnd } from "./view.mjs";

const at = (id) => document.getElementById(id);
const MAX_TEXT = 2_000;
/** From here on it is said how much is left. */
const NEARLY = 200;

let beat;
setRoom(room);

/** Says that I am here, now and from time to time. @returns whether the room has taken me in */
async function come(name) {
  clearTimeout(beat);
  try {
    const { name: called, stayMs } = await enter(name);
    keep("name", called);
    setMe(called);
    at("refused").textContent = "";
    beat = setTimeout(() => void come(called), stayMs / 3);
    return true;
  } catch (error) {
    // Somebody else has the name by now, say: ask for another one. Without an answer, I am still who I was.
    if (error instanceof Refused) {
      setMe(undefined);
      at("refused").textContent = error.message;
      at("name").focus();
    } else {
      at("refused").textContent = "The server does not answer. Try again in a moment.";
      if (kept("name")) beat = setTimeout(() => void come(name), 5_000);
    }
    return false;
  }
}

const outbox = new Outbox(
  (entries) => showPending(entries, choose),
  () => come(kept("name") ?? ""),
);
const choose = (what, key) => (what === "again" ? outbox.retry(key) : outbox.discard(key));

listen({
  state(state) {
    setState(state);
    if (state !== "live") return;
    void outbox.send();
    if (kept("name")) void come(kept("name"));
  },
  message(message) {
    addMessage(message);
    outbox.confirm(message.id);
  },
  people: showPeople,
  missed: startOver,
});

at("door").onsubmit = async (event) => {
  event.preventDefault();
  if (await come(at("name").value)) at("text").focus();
};
at("name").value = kept("name") ?? "";

at("composer").onsubmit = (event) => {
  event.preventDefault();
  const text = at("text").value.trim();
  if (text === "" || text.length > MAX_TEXT) return;
  outbox.add(text);
  at("text").value = "";
  at("text").oninput();
  at("text").focus();
  toEnd();
};

at("text").onkeydown = (event) => {
  // Enter also ends a word that is composed of several keys, in Japanese for instance.
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  at("composer").requestSubmit();
};

at("text").oninput = () => {
  const left = MAX_TEXT - at("text").value.trim().length;
  at("left").value = left < NEARLY ? left : "";
  at("left").classList.toggle("over", left < 0);
  at("composer").querySelector("button").disabled = left < 0 || left === MAX_TEXT;
};
at("text").oninput();

addEventListener("pagehide", () => {
  if (kept("name")) leave().catch(() => {});
});
// Back from the browser's memory: it had left.
addEventListener("pageshow", ({ persisted }) => {
  if (persisted && kept("name")) void come(kept("name"));
});
