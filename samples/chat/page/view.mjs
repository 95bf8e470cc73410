/** What is on the page. Whatever people have written gets there as text, never as markup. */

const at = (id) => document.getElementById(id);
const [messages, pending, scroll, people] = [at("messages"), at("pending"), at("scroll"), at("people")];

const clock = new Intl.DateTimeFormat(undefined, { timeStyle: "short" });
const calendar = new Intl.DateTimeFormat(undefined, { dateStyle: "full" });
/** Messages of one person that are closer than this stand together. */
const TOGETHER_MS = 5 * 60_000;

const STATES = { connecting: "Connecting…", live: "Connected", reconnecting: "Reconnecting…" };
const FATES = { waiting: "Sending…", sent: "Sending…", late: "Not sent yet. Trying again…" };

let me;
let last;
let isAtEnd = true;

export function setRoom(room) {
  at("room").textContent = `# ${room}`;
  document.title = `# ${room}`;
}

export function setState(state) {
  at("state").dataset.state = state;
  at("state").textContent = STATES[state];
}

export function setMe(name) {
  me = name;
  at("door").hidden = name !== undefined;
  at("composer").hidden = name === undefined;
  for (const item of document.querySelectorAll("[data-by]")) markOwn(item, item.dataset.by);
}

export function addMessage({ by, text, at: time }) {
  keepingPlace(() => {
    const when = new Date(time);
    const day = calendar.format(when);
    if (day !== last?.day) messages.append(filled("day-template", { time: day }));
    const item = filled("message-template", { ".by": by, ".when": clock.format(when), ".text": text });
    item.querySelector("time").dateTime = when.toISOString();
    const isTogether = last?.by === by && last.day === day && when - last.when < TOGETHER_MS;
    item.classList.toggle("together", isTogether);
    paint(item, by);
    messages.append(item);
    last = { by, day, when };
    at("empty").hidden = true;
  }, by !== me);
}

/** There was more, which is not kept: what comes now is all. */
export function startOver() {
  messages.replaceChildren();
  last = undefined;
  at("missed").hidden = false;
}

/** @param choose is called with "again" or "discard", and the key */
export function showPending(entries, choose) {
  keepingPlace(() => {
    pending.replaceChildren(
      ...entries.map(({ key, text, state, reason }) => {
        const item = filled("pending-template", { ".text": text, ".reason": reason ?? FATES[state] });
        item.dataset.state = state;
        for (const button of item.querySelectorAll("button")) {
          if (state === "refused") button.onclick = () => choose(button.name, key);
          else button.remove();
        }
        return item;
      }),
    );
  });
}

/** Comes behind the messages that there are: only now is it known whether there are none. */
export function showPeople(names) {
  at("empty").hidden = last !== undefined;
  people.replaceChildren(
    ...names.map((name) => {
      const item = filled("person-template", { ".name": name });
      paint(item, name);
      return item;
    }),
  );
  at("nobody").hidden = names.length > 0;
}

/** A copy of a template, with these texts in it. */
function filled(template, texts) {
  const item = at(template).content.firstElementChild.cloneNode(true);
  for (const [selector, text] of Object.entries(texts)) item.querySelector(selector).textContent = text;
  return item;
}

/** Gives somebody's item their initials and their colour. */
function paint(item, name) {
  item.dataset.by = name;
  const initials = name.split(" ").map(([first]) => first);
  item.querySelector(".avatar").textContent = [initials[0], initials.slice(1).at(-1)].join("").toUpperCase();
  const hash = [...name].reduce((sum, letter) => (sum * 31 + letter.codePointAt(0)) % 360, 7);
  item.style.setProperty("--hue", hash);
  markOwn(item, name);
}

function markOwn(item, name) {
  item.classList.toggle("own", name === me);
}

/** Whoever reads the newest goes on seeing the newest. Whoever reads further up stays there, and is told. */
function keepingPlace(change, isNews = false) {
  change();
  if (isAtEnd) toEnd();
  else if (isNews) at("newer").hidden = false;
}

export function toEnd() {
  scroll.scrollTop = scroll.scrollHeight;
  at("newer").hidden = true;
}

scroll.onscroll = () => {
  isAtEnd = scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < 40;
  if (isAtEnd) at("newer").hidden = true;
};
at("newer").onclick = toEnd;
// When the field below grows, or a keyboard comes up.
new ResizeObserver(() => isAtEnd && toEnd()).observe(scroll);
