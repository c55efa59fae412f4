// What changes on a page changes without a reload; without this file every link and form works too.
"use strict";

const CSRF = document.querySelector("meta[name=csrf]").content;
const FRAGMENT = { "HX-Request": "true", "HX-Current-URL": location.href, "X-CSRF": CSRF };
const words = document.querySelector("[data-pulse]");

async function fragment(url, known) {
  const headers = known ? { ...FRAGMENT, "If-None-Match": known } : FRAGMENT;
  const answer = await fetch(url, { headers, cache: "no-store", redirect: "error" });
  const elsewhere = answer.headers.get("HX-Redirect");
  if (elsewhere) {
    location.assign(elsewhere);
  }
  if (answer.status === 403 && !elsewhere) {
    // What one may was taken away meanwhile: asking on would put a refusal on record each time.
    location.reload();
  }
  if (answer.status === 304 || answer.status === 204) {
    return { page: null, mark: known };
  }
  if (!answer.ok) {
    throw new Error(String(answer.status));
  }
  const text = await answer.text();
  return { page: new DOMParser().parseFromString(text, "text/html").body, mark: answer.headers.get("ETag") };
}

function pulse(well) {
  if (words && words.classList.contains("ill") === well) {
    words.classList.toggle("ill", !well);
    words.querySelector("[data-pulse-word]").textContent = well ? words.dataset.well : words.dataset.ill;
  }
}

function tell(text, wrong) {
  const said = document.createElement("p");
  said.textContent = text;
  said.classList.toggle("wrong", Boolean(wrong));
  document.getElementById("told").replaceChildren(said);
  setTimeout(() => said.remove(), wrong ? 12000 : 5000);
}

// Of a timeline: lines that are not there yet go where their place says.
function merge(list, page) {
  for (const day of page.querySelectorAll("[data-day]")) {
    let here = [...list.children].find((one) => one.dataset.day === day.dataset.day);
    if (!here) {
      const after = [...list.children].find((one) => one.dataset.day < day.dataset.day);
      list.insertBefore(day, after || null);
      continue;
    }
    const lines = here.querySelector("ol");
    for (const line of day.querySelectorAll("[data-place]")) {
      if (document.getElementById(line.id)) {
        continue;
      }
      const time = parseFloat(line.dataset.place);
      const after = [...lines.children].find((one) => parseFloat(one.dataset.place) < time);
      line.classList.add("fresh");
      lines.insertBefore(line, after || null);
    }
  }
}

// Whether more came than one answer holds: the list would have a gap, and nobody would see it.
function isBehind(page) {
  const lines = [...page.querySelectorAll("[data-place]")];
  return lines.length > 0 && !lines.some((line) => document.getElementById(line.id));
}

// Of cards: each part that has changed, unless somebody is in it; of one that is not there any more
// nothing could be said.
function exchange(page) {
  for (const here of document.querySelectorAll("[data-part]")) {
    if (!page.querySelector(`#${here.id}`)) {
      return location.reload();
    }
  }
  for (const part of page.querySelectorAll("[data-part]")) {
    const here = document.getElementById(part.id);
    if (!here) {
      return location.reload();
    }
    if (!here.isEqualNode(part) && !here.contains(document.activeElement)) {
      here.replaceWith(part);
    }
  }
  document.dispatchEvent(new Event("exchanged"));
}

const polled = new Map();

async function poll(place) {
  if (document.hidden) {
    return;
  }
  try {
    const { page, mark } = await fragment(place.dataset.poll, polled.get(place));
    polled.set(place, mark);
    pulse(true);
    if (page === null || !place.isConnected) {
      return;
    }
    if ("merge" in place.dataset) {
      if (isBehind(page)) {
        const anew = await fragment(place.dataset.again);
        place.parentElement.replaceChildren(...anew.page.childNodes);
      } else {
        merge(place, page);
      }
    } else if (place.dataset.replace) {
      if (page.querySelector("[data-place]")) {
        document.getElementById(place.dataset.replace).replaceChildren(...page.childNodes);
      }
    } else {
      exchange(page);
    }
  } catch {
    pulse(false);
  }
}

// One timer for the page: what is asked for while an answer is awaited is left out.
let asking = false;

async function turn() {
  if (!asking) {
    asking = true;
    await Promise.all([...document.querySelectorAll("[data-poll]")].map(poll));
    asking = false;
  }
}

async function unfold(link) {
  const fold = document.getElementById(link.dataset.unfold);
  if (!fold.hasChildNodes()) {
    const { page } = await fragment(link.href);
    fold.replaceChildren(...page.childNodes);
  }
  fold.hidden = !fold.hidden;
  link.setAttribute("aria-expanded", String(!fold.hidden));
}

async function more(link) {
  const { page } = await fragment(link.dataset.more);
  const list = document.querySelector(".timeline");
  const first = page.querySelector("[data-place]");
  if (list) {
    merge(list, page);
  }
  link.closest(".more").replaceWith(page.querySelector(".more"));
  if (first) {
    const reached = document.getElementById(first.id).querySelector("a");
    reached?.focus({ preventScroll: true });
  }
}

async function refilter(form) {
  const query = new URLSearchParams([...new FormData(form)].filter(([, value]) => value));
  const { page } = await fragment(`${form.dataset.list}?${query}`);
  document.getElementById(form.dataset.filter).replaceChildren(...page.childNodes);
  history.replaceState(null, "", query.size ? `${form.action}?${query}` : form.action);
}

async function send(form, submitter) {
  const buttons = form.querySelectorAll("button");
  const body = new URLSearchParams(new FormData(form, submitter));
  buttons.forEach((one) => { one.disabled = true; });
  try {
    const answer = await fetch(form.action, { method: "POST", body, headers: FRAGMENT });
    const elsewhere = answer.headers.get("HX-Redirect");
    if (elsewhere) {
      return location.assign(elsewhere);
    }
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    tell(page.body.textContent.trim(), !answer.ok);
  } catch {
    tell(document.body.dataset.failed, true);
  } finally {
    buttons.forEach((one) => { one.disabled = false; });
  }
  return turn();
}

function otherwise(link) {
  return () => location.assign(link.href);
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-unfold], a[data-more]");
  if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
    event.preventDefault();
    ("unfold" in link.dataset ? unfold(link) : more(link)).catch(otherwise(link));
  }
});
document.addEventListener("change", (event) => {
  const form = event.target.closest("form[data-filter]");
  if (form) {
    refilter(form).catch(() => form.submit());
  }
});
document.addEventListener("submit", (event) => {
  const form = event.target.closest("form[data-filter], form[data-send]");
  if (form) {
    event.preventDefault();
    ("filter" in form.dataset ? refilter(form) : send(form, event.submitter)).catch(() => form.submit());
  }
});
for (const fold of document.querySelectorAll("details[data-fold-narrow]")) {
  // On a telephone what they are for stands above what is looked for.
  fold.open = !matchMedia("(max-width: 40rem)").matches;
}
document.addEventListener("visibilitychange", turn);
setInterval(turn, 2000);

// Whoever works on a page is there: its session does not run out while a form is filled in.
const HERE_MS = 60000;
let noted = Date.now();

function note() {
  if (CSRF && Date.now() - noted > HERE_MS) {
    noted = Date.now();
    fetch("/here", { headers: FRAGMENT, cache: "no-store" }).catch(() => {});
  }
}

for (const kind of ["input", "pointerup", "keyup"]) {
  document.addEventListener(kind, note);
}
