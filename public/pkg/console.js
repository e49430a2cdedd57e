// What every signed-in page has: the search key, copying, one press per form, the warning before the session ends.
// Nothing here is the only way to do something.

// "/" goes to the search, Escape leaves it.
document.addEventListener("keydown", (event) => {
  const at = event.target;
  const typing = at.matches?.("input, select, textarea, [contenteditable]");
  if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
    const search = document.getElementById("q");
    if (search?.offsetParent) {
      event.preventDefault();
      search.focus();
      search.select();
    }
  }
});

// A summary of what is wrong takes the focus, so that it is read first.
document.querySelector(".problem")?.focus();

// A menu closes when somebody presses elsewhere or Escape.
const menus = () => document.querySelectorAll("details.menu[open]");
document.addEventListener("click", (event) => menus().forEach((menu) => menu.contains(event.target) || (menu.open = false)));
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  menus().forEach((menu) => {
    menu.open = false;
    menu.querySelector("summary").focus();
  });
});

// A form that must be sent once is sent once.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("[data-once]")) return;
  if (form.dataset.sent) return event.preventDefault();
  form.dataset.sent = "yes";
  const button = form.querySelector("[data-busy]");
  if (button) {
    button.dataset.word = button.textContent;
    button.textContent = button.dataset.busy;
    button.setAttribute("aria-busy", "true");
  }
});
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) {
    delete form.dataset.sent;
    const button = form.querySelector("[data-busy]");
    button?.removeAttribute("aria-busy");
    if (button?.dataset.word) button.textContent = button.dataset.word;
  }
});

// Copying: the button exists only where it works. The timeline draws its head again, so it is watched.
const COPY = '<svg class="i" viewBox="0 0 16 16" aria-hidden="true"><rect x="5.5" y="5.5" width="8" height="8" rx="1.5"/><path d="M10.5 5.5V4A1.5 1.5 0 0 0 9 2.5H4A1.5 1.5 0 0 0 2.5 4v5A1.5 1.5 0 0 0 4 10.5h1.5"/></svg>';
const said = document.createElement("p");
said.className = "vh";
said.setAttribute("role", "status");
if (navigator.clipboard) {
  for (const id of document.querySelectorAll("code.id")) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "copy";
    button.setAttribute("aria-label", `Copy ${id.textContent}`);
    button.innerHTML = COPY;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(id.textContent);
      said.textContent = "Copied";
    });
    // An island must find exactly what the server rendered until it is awake.
    if (!id.closest("leptos-island")) id.after(button);
  }
}

// The session ends 15 minutes after the last click. Two minutes before, ask; what was typed stays where it is.
const IDLE = 14 * 60_000; // the click may have been noted up to a minute late
const WARN = 2 * 60_000;
let last = Date.now();
let warning;
const minutes = (ms) => Math.max(1, Math.ceil(ms / 60_000));
function ask(left) {
  if (!warning) {
    warning = document.createElement("section");
    warning.className = "note warn session";
    warning.setAttribute("role", "alert");
    warning.innerHTML = '<h2></h2><p>What you typed stays on this page.</p><p class="acts"><button class="btn small" type="button">Stay signed in</button></p>';
    warning.querySelector("button").addEventListener("click", extend);
    document.getElementById("main").prepend(warning);
  }
  const words = left > 0 ? `Your session ends in ${minutes(left)} min` : "Your session has ended";
  const title = warning.querySelector("h2");
  if (title.textContent !== words) title.textContent = words;
  if (left <= 0) {
    const advice = warning.querySelector("p");
    advice.textContent = "What you typed is still on this page. Sign in again in another tab, then send it.";
    const acts = warning.querySelector(".acts");
    if (!acts.querySelector("a")) acts.innerHTML = '<a class="btn small" href="/auth/sign-in?return_to=/account" target="_blank" rel="noopener">Sign in in another tab</a>';
  }
}
async function extend() {
  const answer = await fetch("/api/extend_session", { method: "POST", headers: { "content-type": "application/x-www-form-urlencoded", accept: "application/json" }, body: "" }).catch(() => null);
  if (answer?.ok) {
    last = Date.now();
    warning?.remove();
    warning = undefined;
  } else if (answer) {
    ask(0);
  }
}
document.body.append(said);
setInterval(() => {
  const left = last + IDLE - Date.now();
  if (left <= WARN) ask(left);
}, 5_000);
