// Loads the WebAssembly and wakes the islands. `cargo xtask wasm` puts the names with their hashes in, so that a new build is never
// mixed with an old one; these are the names that `cargo leptos` gives.
import * as steward from "/pkg/steward.js";
await steward.default({ module_or_path: "/pkg/steward.wasm" });
steward.hydrate();
// Leptos gives each island as an export of its name and leaves calling them to the page.
for (const island of document.querySelectorAll("leptos-island")) await steward[island.dataset.component](island);
