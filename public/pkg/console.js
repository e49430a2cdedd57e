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

// The session ends 15 minutes after the last click, in whatever tab, and 8 hours after signing in. Two minutes before, ask; what was
// typed stays where it is. That it has ended is only said when the server says so.
const IDLE = 14 * 60_000; // the click may have been noted up to a minute late
const WARN = 2 * 60_000;
const LOOK_AGAIN = 30_000;
const left = document.querySelector('meta[name="session-ends-in"]').content * 1000;
let end = Date.now() + left;
let last = Date.now();
let over = false;
let looked = 0;
let failed = false;
let warning;
const tabs = new BroadcastChannel("session");
const tell = () => tabs.postMessage({ last, end });
// Another tab was clicked in, or somebody signed in again there.
tabs.onmessage = ({ data }) => {
  last = Math.max(last, data.last);
  end = Math.max(end, data.end);
  over = failed = false;
  watch();
};
const SIGN_IN = '<a class="btn small" href="/auth/sign-in?return_to=/account" target="_blank" rel="noopener">Sign in in another tab</a>';
const STAY = '<button class="btn small" type="button">Stay signed in</button>';
function say(title, advice, act) {
  if (!warning) {
    warning = document.createElement("section");
    warning.className = "note warn session";
    warning.setAttribute("role", "alert");
    warning.innerHTML = '<h2></h2><p></p><p class="acts"></p>';
    warning.addEventListener("click", (event) => event.target.closest("button") && stay());
    document.getElementById("main").prepend(warning);
  }
  // Only what changes is written: it is read aloud.
  const [head, text, acts] = warning.children;
  if (head.textContent !== title) head.textContent = title;
  if (text.textContent !== advice) text.textContent = advice;
  if (acts.innerHTML !== act) acts.innerHTML = act;
}
function watch() {
  const idle = last + IDLE;
  const ends = Math.min(idle, end);
  const ms = ends - Date.now();
  if (over) return say("Your session has ended", "What you typed stays on this page. Sign in again in another tab, then send it.", SIGN_IN);
  if (ms > WARN) {
    warning?.remove();
    warning = undefined;
    return;
  }
  const title = `Your session ends in ${Math.max(1, Math.ceil(ms / 60_000))} min`;
  // Signing in before Keycloak's own 8 hours are over would only carry its session on.
  if (end < idle) say(title, "Its 8 hours are over then. What you typed stays on this page.", "");
  else say(title, failed ? "That did not work just now. Try again in a moment." : "What you typed stays on this page.", STAY);
  if (ms <= 0) look();
}
// Whether it has ended. Looking is no click.
async function look() {
  if (Date.now() < looked + LOOK_AGAIN) return;
  looked = Date.now();
  const answer = await fetch("/account?refresh=1", { method: "HEAD", headers: { accept: "application/json" } }).catch(() => null);
  if (answer?.status === 401) ended();
}
function ended() {
  over = true;
  watch();
}
async function stay() {
  const answer = await fetch("/api/extend_session", { method: "POST", headers: { "content-type": "application/x-www-form-urlencoded", accept: "application/json" }, body: "" }).catch(() => null);
  if (answer?.status === 401) return ended();
  failed = !answer?.ok;
  if (!failed) {
    last = Date.now();
    tell();
  }
  watch();
}
document.body.append(said);
tell();
setInterval(watch, 5_000);
