// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/web/stylesheet.h"

#include "gatehouse/web/version_mark.h"

namespace gatehouse::web {
namespace {

constexpr const char* kStylesheet = R"(:root {
  color-scheme: light dark;
  --ground: #f7f6f3;
  --paper: #ffffff;
  --ink: #1b2124;
  --quiet: #566065;
  --line: #dedbd3;
  --accent: #1b5e48;
  --accent-deep: #134636;
  --on-accent: #ffffff;
  --soft: #eef3f0;
  --warn-ground: #fdf4e0;
  --warn-line: #b0700a;
  --end: #9b2c23;
  --focus: #0a5fc4;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #131719;
    --paper: #1b2123;
    --ink: #e6e9e8;
    --quiet: #a7b1b4;
    --line: #343d40;
    --accent: #86cfb3;
    --accent-deep: #a6e0c9;
    --on-accent: #0d211a;
    --soft: #21292a;
    --warn-ground: #30270f;
    --warn-line: #d8a548;
    --end: #f0a39b;
    --focus: #8fbcff;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body {
  margin: 0;
  padding: 0 1.25rem 3rem;
  background: var(--ground);
  color: var(--ink);
  font: 1.0625rem/1.6 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif;
  overflow-wrap: break-word;
}
header, main, footer { max-width: 42rem; margin: 0 auto; }
header {
  display: flex;
  flex-wrap: wrap;
  align-items: center;
  justify-content: space-between;
  gap: 0.25rem 1.5rem;
  padding: 1.5rem 0 1.25rem;
}
.brand {
  display: inline-flex;
  align-items: center;
  gap: 0.6rem;
  color: var(--ink);
  font-weight: 650;
  letter-spacing: -0.01em;
  text-decoration: none;
}
.brand img { display: block; height: 2rem; width: auto; max-width: 8rem; }
nav { display: flex; gap: 1.25rem; font-size: 0.95rem; }
nav a { color: var(--quiet); text-decoration: none; padding: 0.4rem 0; }
nav a:hover, .brand:hover { text-decoration: underline; }
main {
  padding: 2.25rem 2.5rem 2.5rem;
  background: var(--paper);
  border: 1px solid var(--line);
  border-radius: 0.9rem;
}
main:focus { outline: none; }
footer { padding: 1rem 0 0; color: var(--quiet); font-size: 0.95rem; }
.skip {
  position: absolute;
  left: 1rem;
  top: -4rem;
  padding: 0.6rem 1rem;
  background: var(--paper);
  color: var(--accent);
  border-radius: 0 0 0.5rem 0.5rem;
}
.skip:focus { top: 0; }
h1, h2, h3 { line-height: 1.25; letter-spacing: -0.015em; text-wrap: balance; }
h1 { margin: 0 0 1rem; font-size: 1.75rem; font-weight: 680; }
h2 { margin: 3rem 0 0.75rem; font-size: 1.25rem; font-weight: 650; }
h3 { margin: 0 0 0.5rem; font-size: 1.0625rem; font-weight: 650; letter-spacing: 0; }
p, ul, ol, dl { margin: 0.75rem 0; }
ul, ol { padding-left: 1.3rem; }
li { margin: 0.25rem 0; }
.lead { font-size: 1.125rem; }
a { color: var(--accent); text-underline-offset: 0.15em; }
a:hover { color: var(--accent-deep); }
dl dt { color: var(--quiet); font-size: 0.9rem; margin-top: 1.25rem; }
dl dd { margin: 0.1rem 0 0; }
dl dd ul { margin: 0.25rem 0 0; }
code, pre { font: 0.9em/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
pre, .address {
  display: block;
  margin: 0.6rem 0;
  padding: 0.75rem 1rem;
  background: var(--ground);
  border: 1px solid var(--line);
  border-radius: 0.5rem;
  white-space: pre-wrap;
  overflow-wrap: anywhere;
  -webkit-user-select: all;
  user-select: all;
}
.address { font-size: 1.15rem; font-weight: 600; margin: 1.25rem 0 0.35rem; padding: 1rem 1.1rem; }
.jump { display: flex; flex-wrap: wrap; gap: 0.25rem 1.25rem; padding: 0; list-style: none; }
.jump li { margin: 0; }
.jump a { display: inline-block; padding: 0.3rem 0; }
.client { padding: 1.5rem 0; border-top: 1px solid var(--line); }
.client > :last-child { margin-bottom: 0; }
.place { font-size: 1.15rem; font-weight: 650; overflow-wrap: anywhere; }
.quiet { color: var(--quiet); font-size: 0.95rem; font-weight: 400; }
.tag {
  display: inline-block;
  padding: 0 0.5rem;
  border: 1px solid var(--warn-line);
  border-radius: 1rem;
  font-size: 0.8rem;
  white-space: nowrap;
}
.vouched { border-color: var(--accent); }
.warning, .notice {
  margin: 1.25rem 0;
  padding: 0.85rem 1.1rem;
  border-left: 0.3rem solid var(--warn-line);
  border-radius: 0.35rem;
  background: var(--warn-ground);
}
.notice { border-left-color: var(--accent); background: var(--soft); }
.choices { display: flex; flex-wrap: wrap; gap: 0.75rem; margin-top: 1.75rem; }
button, .button {
  display: inline-flex;
  align-items: center;
  justify-content: center;
  padding: 0.6rem 1.35rem;
  min-height: 2.85rem;
  border: 1px solid var(--accent);
  border-radius: 0.55rem;
  background: var(--accent);
  color: var(--on-accent);
  font: inherit;
  font-weight: 620;
  text-align: center;
  text-decoration: none;
  cursor: pointer;
}
button:hover, .button:hover {
  background: var(--accent-deep);
  border-color: var(--accent-deep);
  color: var(--on-accent);
}
.second, .second:hover { background: transparent; color: var(--accent); }
.end, .end:hover {
  background: transparent;
  border-color: var(--line);
  color: var(--end);
}
.end:hover, .second:hover { border-color: currentColor; text-decoration: underline; }
.sessions { margin: 0; padding: 0; list-style: none; }
.sessions > li { margin: 0; padding: 1rem 0 0; }
.sessions > li + li { margin-top: 1rem; border-top: 1px dashed var(--line); }
.sessions p { margin: 0.15rem 0; }
.sessions button { margin-top: 0.75rem; }
.ended { padding: 0; list-style: none; }
.ended li { padding: 0.6rem 0; border-top: 1px solid var(--line); margin: 0; }
:focus-visible { outline: 3px solid var(--focus); outline-offset: 3px; border-radius: 0.3rem; }
button:focus-visible, .button:focus-visible { border-radius: 0.55rem; }
@media (max-width: 34rem) {
  body { padding: 0 0.75rem 2rem; font-size: 1rem; }
  header { padding: 1rem 0.25rem; }
  main { padding: 1.5rem 1.15rem 1.75rem; border-radius: 0.7rem; }
  h1 { font-size: 1.45rem; }
  h2 { margin-top: 2.5rem; }
  .address { font-size: 1rem; }
  .choices > * { flex: 1 1 100%; }
  .sessions button { width: 100%; }
  footer { padding: 1rem 0.25rem 0; }
}
@media print {
  body { background: none; }
  main { border: 0; padding: 0; }
  nav, .skip { display: none; }
}
)";

const std::string& mark() {
  static const std::string mark = version_mark(kStylesheet);
  return mark;
}

}  // namespace

http::Response stylesheet_response(std::string_view query) {
  http::Response response = http::text_response(200, kStylesheet);
  response.headers.front().value = "text/css; charset=utf-8";
  response.with("X-Content-Type-Options", "nosniff");
  response.with("Cache-Control", cache_control_for(query, mark()));
  return response;
}

const std::string& stylesheet_address() {
  static const std::string address = marked_address("/style.css", mark());
  return address;
}

}  // namespace gatehouse::web
