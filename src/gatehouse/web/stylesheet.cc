// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/web/stylesheet.h"

namespace gatehouse::web {
namespace {

constexpr const char* kStylesheet = R"(:root {
  color-scheme: light dark;
  --ground: #f6f5f2;
  --paper: #ffffff;
  --ink: #1d2327;
  --quiet: #5a6368;
  --line: #d9d6cf;
  --accent: #1f5f4a;
  --on-accent: #ffffff;
  --warn-ground: #fdf3dc;
  --warn-line: #b9770e;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #15191b;
    --paper: #1e2426;
    --ink: #e7e9e8;
    --quiet: #a3adb0;
    --line: #394245;
    --accent: #7cc7aa;
    --on-accent: #10201a;
    --warn-ground: #33290f;
    --warn-line: #d9a441;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0;
  padding: 1rem;
  background: var(--ground);
  color: var(--ink);
  font: 1rem/1.55 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif;
  overflow-wrap: anywhere;
}
header, main { max-width: 38rem; margin: 0 auto; }
header { padding: 0.25rem 0 0.75rem; font-weight: 600; }
header a { color: var(--quiet); text-decoration: none; }
main {
  padding: 1.25rem 1.5rem 1.75rem;
  background: var(--paper);
  border: 1px solid var(--line);
  border-radius: 0.75rem;
}
h1 { margin: 0.25rem 0 0.75rem; font-size: 1.45rem; line-height: 1.25; }
h2 { margin: 1.75rem 0 0.25rem; font-size: 1.05rem; }
p, ul, dl { margin: 0.75rem 0; }
ul { padding-left: 1.25rem; }
a { color: var(--accent); }
dt { color: var(--quiet); font-size: 0.9rem; }
dd { margin: 0 0 0.85rem; }
dd ul { margin: 0; }
code, pre { font: 0.9rem/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
pre {
  margin: 0.35rem 0 0;
  padding: 0.6rem 0.75rem;
  background: var(--ground);
  border: 1px solid var(--line);
  border-radius: 0.4rem;
  white-space: pre-wrap;
}
.place { font-size: 1.15rem; font-weight: 600; }
.quiet { color: var(--quiet); font-size: 0.9rem; }
.tag {
  padding: 0.05rem 0.45rem;
  border: 1px solid var(--warn-line);
  border-radius: 1rem;
  font-size: 0.8rem;
  white-space: nowrap;
}
.warning {
  padding: 0.65rem 0.9rem;
  background: var(--warn-ground);
  border-left: 0.3rem solid var(--warn-line);
  border-radius: 0.3rem;
}
.choices { display: flex; flex-wrap: wrap; gap: 0.75rem; margin-top: 1.5rem; }
button, .button {
  display: inline-block;
  padding: 0.6rem 1.25rem;
  min-height: 2.75rem;
  border: 1px solid var(--accent);
  border-radius: 0.5rem;
  background: var(--accent);
  color: var(--on-accent);
  font: inherit;
  font-weight: 600;
  text-decoration: none;
  cursor: pointer;
}
button.second { background: transparent; color: var(--accent); }
:focus-visible { outline: 3px solid var(--warn-line); outline-offset: 2px; }
@media (max-width: 30rem) {
  body { padding: 0.5rem; }
  main { padding: 1rem; }
  .choices button { flex: 1 1 100%; }
}
)";

}  // namespace

http::Response stylesheet_response() {
  http::Response response = http::text_response(200, kStylesheet);
  response.headers.front().value = "text/css; charset=utf-8";
  response.with("X-Content-Type-Options", "nosniff");
  response.with("Cache-Control", "public, max-age=3600");
  return response;
}

}  // namespace gatehouse::web
