"""The HTML of the sign-in page."""

from __future__ import annotations

from html import escape

from ui.icon import ICON
from ui.palette import DARK_PALETTE, PALETTE, SYSTEM_FONT

STYLE = f"""
:root {{ color-scheme: light dark; {PALETTE} }}
@media (prefers-color-scheme: dark) {{ :root {{ {DARK_PALETTE} }} }}
* {{ box-sizing: border-box; }}
body {{ margin: 0; min-height: 100dvh; display: grid; place-items: center; padding: 24px;
  background: var(--paper); color: var(--ink); font: 16px/1.5 {SYSTEM_FONT}; }}
main {{ width: 100%; max-width: 380px; background: var(--surface); border: 1px solid var(--line);
  border-radius: 16px; padding: 36px 32px; box-shadow: var(--shadow); }}
.mark {{ margin-bottom: 16px; }}
h1 {{ font-size: 22px; line-height: 1.25; margin: 0 0 4px; letter-spacing: -.01em; }}
p {{ margin: 0 0 24px; color: var(--soft-ink); }}
label {{ display: block; font-weight: 600; font-size: 14px; margin: 16px 0 6px; }}
input {{ width: 100%; font: inherit; color: inherit; padding: 10px 12px; border-radius: 10px;
  border: 1px solid var(--field-line); background: var(--surface); }}
input:focus-visible, button:focus-visible {{ outline: 3px solid var(--focus); outline-offset: 1px; }}
button {{ width: 100%; margin-top: 24px; font: inherit; font-weight: 600; padding: 11px 16px; border: 0;
  border-radius: 10px; background: var(--accent); color: #fff; cursor: pointer; }}
button:hover {{ background: var(--accent-hover); }}
.problem {{ background: var(--danger-tint); color: var(--danger); border-radius: 10px; padding: 10px 12px;
  margin: 0 0 8px; font-size: 15px; }}
"""


def login_page(csrf: str, name: str, problem: str) -> str:
    """The whole page. `name` was typed before, `problem` is told to the person; both are escaped."""
    notice = f'<div class="problem" role="alert">{escape(problem)}</div>' if problem else ""
    first, second = ("", " autofocus") if name else (" autofocus", "")
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>Sign in · Support desk</title>
<style>{STYLE}</style>
</head>
<body>
<main>
<div class="mark">{ICON}</div>
<h1>Support desk</h1>
<p>Sign in to help the assistant learn.</p>
{notice}
<form method="post">
<input type="hidden" name="csrf" value="{escape(csrf)}">
<label for="name">Name</label>
<input id="name" name="name" value="{escape(name)}" autocomplete="username" autocapitalize="none" spellcheck="false"
  required maxlength="64"{first}>
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" required
  maxlength="1024"{second}>
<button type="submit">Sign in</button>
</form>
</main>
</body>
</html>
"""
