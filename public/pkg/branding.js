// The branding page, awake: a picker beside each colour, and the preview as one types. The preview and every message come from the
// server, by the form's own Preview button; nothing is judged here.
const form = document.querySelector("form[data-preview]");

// Pickers are only here: without a script they could not tell the text field what was picked.
for (const field of form.querySelectorAll("[data-colour]")) {
  const text = field.querySelector("input[type=text]");
  const picker = document.createElement("input");
  picker.type = "color";
  picker.setAttribute("aria-label", `Pick ${field.dataset.colour.toLowerCase()}`);
  text.before(picker);
  picker.addEventListener("input", () => (text.value = picker.value.toUpperCase()));
}

/** The picker shows what is typed; the square that does so without a script goes. */
function showColours() {
  for (const field of form.querySelectorAll("[data-colour]")) {
    const typed = field.querySelector("input[type=text]").value.trim().replace(/^#?/, "#");
    if (/^#[0-9a-f]{6}$/i.test(typed)) field.querySelector("input[type=color]").value = typed;
    field.querySelector(".swatch > svg")?.remove();
  }
}
showColours();

/** Takes over what the answer says about a field. The input itself stays: somebody is typing in it. */
function takeOver(field, answered) {
  field.className = answered.className;
  const [input, said] = [field, answered].map((one) => one.querySelector("input[type=text]"));
  for (const name of ["aria-invalid", "aria-describedby"]) {
    if (said.hasAttribute(name)) input.setAttribute(name, said.getAttribute(name));
    else input.removeAttribute(name);
  }
  for (const old of field.querySelectorAll(":scope > .err, :scope > .offer, .reaches")) old.remove();
  const swatch = field.querySelector(".swatch");
  const take = (selector) => answered.querySelector(selector) ?? "";
  swatch.before(take(":scope > .err"));
  swatch.append(take(".reaches"));
  swatch.after(take(":scope > .offer"));
}

const STYLE = /<style nonce="[^"]*">([^<]*)<\/style>/;
let asked = 0;
async function look() {
  const turn = ++asked;
  const body = new FormData(form);
  // A file is kept when somebody presses a button, not while they type.
  body.delete("file");
  body.set("preview", "1");
  const answer = await fetch(form.action, { method: "POST", body, headers: { accept: "text/html" } }).catch(() => null);
  if (turn !== asked || !(answer?.ok || answer?.status === 422)) return;
  const text = await answer.text();
  // This page's policy holds for what is parsed here too, and knows nothing of the other answer's nonce: the style comes as text.
  const css = text.match(STYLE)?.[1] ?? "";
  const page = new DOMParser().parseFromString(text.replace(STYLE, ""), "text/html");
  if (turn !== asked || !page.getElementById("preview")) return;
  document.querySelector("head > style").textContent = css;
  document.getElementById("preview").replaceWith(page.getElementById("preview"));
  document.querySelector(".head .chips").replaceWith(page.querySelector(".head .chips"));
  for (const field of form.querySelectorAll("[data-colour]")) {
    takeOver(field, page.getElementById(field.querySelector("input[type=text]").id).closest("[data-colour]"));
  }
  showColours();
}

let waiting;
form.addEventListener("input", (event) => {
  if (event.target.type === "file") return;
  clearTimeout(waiting);
  waiting = setTimeout(look, 300);
});
