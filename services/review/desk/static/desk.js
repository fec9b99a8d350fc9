// What the desk does beyond links and forms: keys, countdowns, the lease's heartbeat, drafts, live
// numbers. The page works without it. Words and keys come from the page; nothing is drawn here.

const $ = (selector, root = document) => root.querySelector(selector);
const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
const desk = () => $("#desk");
const words = () => $("#legend-words")?.dataset ?? {};
const visible = (element) => element.checkVisibility?.({ visibilityProperty: true }) ?? true;
const csrf = () => $("input[name=csrf]")?.value ?? "";

// --- keys -----------------------------------------------------------------------------------

const typing = (target) =>
  target.isContentEditable || target.matches?.("textarea, select, input:not([type=radio], [type=checkbox], [type=button], [type=submit])");

let bindings = [];
let pending = "";
let pendingUntil = 0;

// The legend holds the keys of this page, as its reader set them.
function readBindings() {
  bindings = $$("[data-binding]").map((row) => ({ act: row.dataset.binding, keys: row.dataset.keys, ctrl: "ctrl" in row.dataset }));
}

// An Urdu or Arabic keyboard writes other letters on the same keys: what no binding knows as a letter
// counts by its place.
const PLACES = { Slash: ["/", "?"] };

function strokesOf({ key, code, shiftKey }) {
  if (key.length !== 1 || key.charCodeAt(0) < 128) return [key];
  const placed = /^(?:Key|Digit)(.)$/.exec(code)?.[1].toLowerCase() ?? PLACES[code]?.[Number(shiftKey)];
  return placed ? [key, placed] : [key];
}

function onKey(event) {
  if (event.isComposing) return;
  const strokes = strokesOf(event);
  const single = !event.ctrlKey && !event.metaKey && !event.altKey;
  if (!single) {
    const match = bindings.find((binding) => binding.ctrl && strokes.some((stroke) => stroke.toLowerCase() === binding.keys));
    if (match && (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey) run(match.act, event);
    return;
  }
  if (event.target.closest?.("dialog")) return paletteKey(event);
  if (typing(event.target)) {
    if (event.key === "Escape") event.target.blur();
    return;
  }
  if ($(".overlay:popover-open") || desk()?.dataset.keys === "off") return;
  const now = performance.now();
  const before = pending && now < pendingUntil ? `${pending} ` : "";
  pending = "";
  for (const typed of strokes.map((stroke) => before + stroke)) {
    const match = bindings.find((binding) => !binding.ctrl && binding.keys === typed);
    if (match && event.repeat && !["next", "previous"].includes(match.act)) return;
    if (match) return run(match.act, event);
    if (!bindings.some((binding) => binding.keys.startsWith(`${typed} `))) continue;
    pending = typed;
    pendingUntil = now + 1500;
    return event.preventDefault();
  }
}

const moves = {
  next: () => move(1),
  previous: () => move(-1),
  open: () => openCurrent(),
  palette: () => openLegend(true),
  legend: () => openLegend(false),
  cover: () => toggleCovers(),
  policy: () => togglePolicy(),
  back: () => ($(".me[open]") ? ($(".me[open]").open = false) : goBack()),
};

function run(act, event) {
  // Enter on a control means that control.
  if (act === "open" && event?.target.closest?.("a, button, summary, input")) return;
  if (document.body.dataset.busy && !["legend", "palette"].includes(act)) return event?.preventDefault();
  if (moves[act]) {
    if (moves[act]() !== false) event?.preventDefault();
    return;
  }
  const element = $$(`[data-act="${act}"]`).find((found) => visible(found) && !found.disabled) ?? $(`[data-act="${act}"]:not(:disabled)`);
  if (!element) return;
  event?.preventDefault();
  if (element.matches("textarea, input[type=search]")) return element.focus(), element.select?.();
  element.closest("details:not([open])")?.setAttribute("open", "");
  element.click();
}

function move(step) {
  const items = $$("[data-item]");
  if (!items.length) {
    const panel = document.activeElement?.closest?.(".panel") ?? $(".panel.content");
    panel?.scrollBy({ top: step * 120 });
    return;
  }
  const at = items.findIndex((item) => item.classList.contains("at"));
  const next = items[at < 0 ? (step > 0 ? 0 : items.length - 1) : Math.min(Math.max(at + step, 0), items.length - 1)];
  items.forEach((item) => item.classList.toggle("at", item === next));
  $("[data-open]", next)?.focus({ preventScroll: true });
  next.scrollIntoView({ block: "nearest" });
}

// Back is the list that one came from, not the case that one has just decided.
function goBack() {
  const list = sessionStorage.getItem("mizan.list") ?? "/queues";
  if (list !== location.pathname + location.search) location.assign(list);
}

function openCurrent() {
  const item = $("[data-item].at") ?? $("[data-item]");
  if (!item) return false;
  $("[data-open]", item)?.click();
}

function toggleCovers() {
  const covers = $$("[data-cover]");
  if (!covers.length) return false;
  const open = !covers.some((cover) => cover.open);
  covers.forEach((cover) => (cover.open = open));
}

function togglePolicy() {
  const shown = $(".policy-text:not([hidden])");
  if (!shown) return false;
  shown.open = !shown.open;
  shown.scrollIntoView({ block: "nearest" });
}

// A picture changes by its style sheet alone; sound and what plays are the element's own.
function onTerm(cover) {
  const waiting = cover.open && $("template[data-media]", cover);
  if (waiting) waiting.replaceWith(waiting.content);
  const player = $("video, audio", cover);
  if (!player) return;
  const holds = (term) => $(`[data-term=${term}]`, cover)?.checked;
  player.muted = holds("mute");
  if (!cover.open) player.pause();
  else if (!holds("still")) player.play().catch(() => {}); // a browser may refuse sound before a click
}

// --- legend and palette: one list ------------------------------------------------------------

function openLegend(asPalette) {
  const legend = $("#legend");
  const filter = $("#legend-filter");
  filter.value = "";
  legend.toggleAttribute("data-palette", asPalette);
  filterLegend();
  if (!legend.open) legend.showModal();
  (asPalette ? filter : $("button", legend)).focus();
}

function filterLegend() {
  const wanted = $("#legend-filter").value.trim().toLocaleLowerCase();
  const rows = $$("#legend-list li");
  const all = !("palette" in $("#legend").dataset);
  for (const row of rows) row.hidden = !row.textContent.toLocaleLowerCase().includes(wanted) || !(all || possible(row.dataset.binding));
  mark(rows.find((row) => !row.hidden));
}

// What this page has no element for cannot be done on it now.
const possible = (act) => (act in moves && !["cover", "policy"].includes(act)) || $(`[data-act="${act}"]:not(:disabled)`) !== null;
const mark = (chosen) => $$("#legend-list li").forEach((row) => row.classList.toggle("at", row === chosen));

function paletteKey(event) {
  const rows = $$("#legend-list li").filter((row) => !row.hidden);
  const at = rows.findIndex((row) => row.classList.contains("at"));
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    event.preventDefault();
    const next = rows[Math.min(Math.max(at + (event.key === "ArrowDown" ? 1 : -1), 0), rows.length - 1)];
    mark(next);
    next?.scrollIntoView({ block: "nearest" });
  } else if (event.key === "Enter" && event.target.id === "legend-filter") {
    event.preventDefault();
    if (rows[at]) runFromLegend(rows[at].dataset.binding);
  }
}

function runFromLegend(act) {
  $("#legend").close();
  if (!["legend", "palette"].includes(act)) run(act, null);
}

function onClick(event) {
  const target = event.target.closest?.("[data-run], [data-act=legend]");
  if (!target) return;
  if (target.dataset.run) runFromLegend(target.dataset.run);
  else openLegend(false);
}

// --- time: undo, lease, heartbeat -------------------------------------------------------------

let clocks = [];
let active = false;
let beating = null;
let lost = false;

const clockText = (seconds) => `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;

function tick() {
  const now = performance.now();
  for (const clock of clocks) {
    const left = Math.max(0, (clock.ends - now) / 1000);
    const text = clock.lease ? clockText(left) : String(Math.ceil(left));
    if (clock.face.textContent !== text) clock.face.textContent = text;
    if (clock.lease) clock.element.classList.toggle("short", left < 60);
    if (left > 0 || clock.over) continue;
    clock.over = true;
    if (clock.lease) beat(true);
    else clock.element.hidden = true;
  }
}

// A lease is kept by work, not by an open page: without a key, a click or a scroll it runs out.
async function beat(atEnd = false) {
  const clock = clocks.find((found) => found.lease);
  if (!clock || lost || (!active && !atEnd)) return;
  active = false;
  const token = $("input[name=lease_token]")?.value ?? "";
  try {
    const answer = await fetch(`/leases/${clock.lease}/heartbeat`, {
      method: "POST",
      headers: { "X-CSRF-Token": csrf(), "Lease-Token": token },
    });
    if (answer.status === 409) return lose((await answer.json()).say);
    if (!answer.ok) return;
    clock.ends = performance.now() + (await answer.json()).seconds * 1000;
    clock.over = false;
  } catch {
    if (atEnd) lose(words().gone);
  }
}

function lose(say) {
  lost = true;
  tell(say || words().lost);
  $$("#decide button, .thumb button, .panel.decide [popovertarget]").forEach((button) => (button.disabled = true));
}

function tell(text) {
  const notice = $("#notice");
  if (!notice) return;
  $("span", notice).textContent = text;
  notice.hidden = !text;
}

async function presence() {
  const place = $("#viewers");
  const { presence: url, state, taken } = desk()?.dataset ?? {};
  if (!place || !url || document.hidden) return;
  try {
    const answer = await fetch(url, { method: "POST", body: new URLSearchParams({ csrf: csrf(), state, taken }) });
    if (!answer.ok) return;
    const { others, news } = await answer.json();
    place.textContent = others;
    if (news && !$("[data-lease]")) tell(news);
  } catch {
    // the next one may arrive
  }
}

// --- drafts: what was typed outlives the lease and the session -----------------------------------

const draftKey = (field) => `mizan.draft.${field.form.dataset.draft}.${field.name}`;

function onInput(event) {
  const field = event.target;
  if (field.id === "legend-filter") return filterLegend();
  if (field.name === "policy") return choosePolicy(field);
  if (field.dataset.term) return onTerm(field.closest("[data-cover]"));
  if (field.matches("textarea") && field.form?.dataset.draft) {
    field.dataset.own = "yes";
    sessionStorage.setItem(draftKey(field), field.value);
  }
}

function choosePolicy(radio) {
  const name = $("[data-policy-name]");
  if (name) name.textContent = radio.dataset.name;
  $$(".policy-text").forEach((text) => {
    const open = $$(".policy-text").some((other) => other.open);
    text.hidden = text.dataset.policy !== radio.value;
    text.open = open && !text.hidden;
  });
  const reason = $("#reason");
  if (reason && !reason.dataset.own) reason.value = radio.dataset.reason;
}

function restoreDrafts() {
  for (const field of $$("form[data-draft] textarea:not([readonly])")) {
    const kept = sessionStorage.getItem(draftKey(field));
    if (kept === null) continue;
    field.value = kept;
    field.dataset.own = "yes";
  }
  const place = $("[data-draft-of]");
  const kept = place && sessionStorage.getItem(`mizan.draft.${place.dataset.draftOf}.reason`);
  if (!kept) return;
  $("textarea", place).value ||= kept;
  place.hidden = false;
}

function onSubmit(event) {
  const form = event.target;
  if (!form.dataset.draft) return;
  // Kept until the answer shows that it was taken: see `arrived`.
  form.dataset.sent = "yes";
  sessionStorage.setItem("mizan.sent", JSON.stringify($$("textarea", form).map((field) => draftKey(field))));
}

// --- answers that are no page to go to ------------------------------------------------------------

// What was typed must outlive a failure: a form that could not be taken leaves its page as it is, and
// says why. An answer that is no page of the desk never replaces one.
function onAnswer(event) {
  const { ctx } = event.detail;
  const isPage = ctx.text.includes('id="desk"');
  const failed = ctx.response.status >= 500 && ctx.request.method?.toUpperCase() === "POST";
  if (isPage && !failed) return;
  event.preventDefault();
  sessionStorage.removeItem("mizan.sent");
  const page = isPage && new DOMParser().parseFromString(ctx.text, "text/html");
  const said = page && [...page.querySelectorAll("main h1, main p")].map((part) => part.textContent.trim());
  tell(said ? said.join(" ") : words().offline);
}

// --- live numbers ------------------------------------------------------------------------------

let live = null;
let relisten = null;
let stale = false;

function listen() {
  clearTimeout(relisten);
  live?.close();
  live = null;
  const place = $("#queues");
  if (!place || !window.EventSource) return;
  live = new EventSource(place.dataset.live);
  live.addEventListener("queues", (event) => {
    const at = $("[data-item].at")?.id;
    const focused = document.activeElement?.closest?.("[data-item]")?.id;
    htmx.swap({ sourceElement: place, target: place, text: event.data, swap: "innerMorph" }).then(() => {
      if (at) document.getElementById(at)?.classList.add("at");
      if (focused) $("[data-open]", document.getElementById(focused))?.focus({ preventScroll: true });
    });
    live.failed = false;
    if (stale) tell("");
    stale = false;
  });
  // The stream ends now and then by itself; one that brings nothing after that has failed. A browser
  // does not come back to an address that answered with an error: we do.
  live.onerror = () => {
    const ended = live.readyState === EventSource.CLOSED;
    if (ended) relisten = setTimeout(listen, 5000);
    if (!ended && !live.failed) return void (live.failed = true);
    const updated = $("[data-updated]");
    updated?.classList.add("old");
    stale = true;
    tell(`${words().stale} ${updated?.textContent ?? ""}`);
  };
}

// --- arriving at a page --------------------------------------------------------------------------

function arrived() {
  const now = performance.now();
  lost = false;
  active = false;
  clocks = $$("[data-seconds]").map((element) => ({
    element,
    face: $("[data-left]", element),
    lease: element.dataset.lease,
    ends: now + Number(element.dataset.seconds) * 1000,
  }));
  clearInterval(beating);
  const lease = $("[data-lease]");
  if (lease) beating = setInterval(beat, Math.min(20000, (Number(lease.dataset.total) / 4) * 1000));
  if (!$("[data-kept]")) {
    // The answer is another page than the one that says "not yours any more": what was sent is in.
    for (const key of JSON.parse(sessionStorage.getItem("mizan.sent") ?? "[]")) sessionStorage.removeItem(key);
  }
  sessionStorage.removeItem("mizan.sent");
  if (desk()?.dataset.scope === "list") sessionStorage.setItem("mizan.list", location.pathname + location.search);
  restoreDrafts();
  readBindings();
  listen();
  const heading = $("[data-arrive]");
  if (heading && !document.activeElement?.matches("input[autofocus]")) heading.focus({ preventScroll: true });
}

document.addEventListener("keydown", onKey, true);
document.addEventListener("click", onClick);
document.addEventListener("input", onInput);
document.addEventListener("submit", onSubmit, true);
document.addEventListener("toggle", (event) => event.target.matches("[data-cover]") && onTerm(event.target), true);
for (const sign of ["keydown", "input", "pointerdown", "wheel", "touchmove"]) document.addEventListener(sign, () => (active = true), { passive: true });
document.addEventListener("htmx:before:request", () => (document.body.dataset.busy = "yes"));
document.addEventListener("htmx:finally:request", () => delete document.body.dataset.busy);
document.addEventListener("htmx:after:swap", (event) => event.detail?.ctx?.target !== $("#queues") && arrived());
document.addEventListener("htmx:after:request", onAnswer);
document.addEventListener("htmx:error", () => {
  sessionStorage.removeItem("mizan.sent");
  tell(words().offline);
});
window.addEventListener("pagehide", () => live?.close());
setInterval(tick, 250);
setInterval(presence, 15000);
arrived();
document.documentElement.dataset.ready = "yes";
