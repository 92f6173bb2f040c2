// The look of the page: one column, light and dark after the reader's system, big enough for
// thumbs.
// Next: `page.ts` puts it into the page.

export const style = `
:root {
  color-scheme: light dark;
  --ink: #1c2330; --soft: #5b6577; --paper: #f6f7fa; --card: #ffffff; --line: #d9dee8;
  --accent: #2456c9; --good: #18794e; --bad: #b42323;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ink: #e8ebf2; --soft: #a2adc0; --paper: #12151c; --card: #1b202b; --line: #323a4a;
    --accent: #86a9ff; --good: #5fd39a; --bad: #ff8b85;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; background: var(--paper); color: var(--ink);
  font: 16px/1.5 system-ui, sans-serif;
}
main { max-width: 40rem; margin: 0 auto; padding: 1.5rem 1rem 3rem; }
header { display: flex; align-items: center; gap: .75rem; flex-wrap: wrap; }
h1 { font-size: 1.5rem; margin: 0; }
#health { margin-left: auto; color: var(--soft); }
#health::before { content: '\\25cf'; margin-right: .4rem; }
#health.good::before { color: var(--good); }
#health.bad::before { color: var(--bad); }
form {
  margin-top: 1rem; padding: 1rem; display: grid; gap: .9rem;
  background: var(--card); border: 1px solid var(--line); border-radius: .75rem;
}
label { display: grid; gap: .25rem; font-weight: 600; }
label small { font-weight: 400; color: var(--soft); }
input, textarea, button { font: inherit; border-radius: .5rem; padding: .6rem .75rem; }
input, textarea {
  width: 100%; font-weight: 400; color: inherit;
  background: var(--paper); border: 1px solid var(--line);
}
[type=checkbox] { width: auto; }
.check { font-weight: 400; }
textarea { min-height: 6rem; resize: vertical; font-family: ui-monospace, monospace; }
.pair { display: grid; grid-template-columns: 1fr 8rem; gap: .9rem; }
.actions { display: flex; gap: .6rem; flex-wrap: wrap; }
button {
  flex: 1 1 6rem; border: 1px solid var(--accent); background: none; color: var(--accent);
  font-weight: 600; cursor: pointer;
}
button.main { background: var(--accent); color: var(--card); }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 1px; }
output { display: block; min-height: 3rem; white-space: pre-wrap; overflow-wrap: anywhere; }
output.good { color: var(--good); }
output.bad { color: var(--bad); }
ul { list-style: none; margin: 0; padding: 0; display: flex; gap: .4rem; flex-wrap: wrap; }
li { max-width: 100%; }
li button {
  padding: .25rem .6rem; border-color: var(--line); color: inherit; font-weight: 400;
  font-family: ui-monospace, monospace; overflow-wrap: anywhere; white-space: pre-wrap;
  text-align: left; min-width: 2.5rem; min-height: 2.1rem;
}
[hidden] { display: none; }
footer { margin-top: 1rem; color: var(--soft); }
a { color: var(--accent); }
@media (max-width: 26rem) { .pair { grid-template-columns: 1fr; } }
`;
