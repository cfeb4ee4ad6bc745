"""Addresses in what we say to customers, as links."""

from __future__ import annotations

import re
from html import escape

from linkify_it import LinkifyIt

# What has no scheme is left alone, but for e-mail: "today.It" is no address.
FINDER = LinkifyIt(options={"fuzzy_link": False, "fuzzy_ip": False, "fuzzy_email": True})
SCHEMES = ("http:", "https:", "mailto:")
# Chinese sentences go on after an address without a space.
FULL_WIDTH = re.compile("([，。；：！？、（）《》【】「」『』“”])")


def linked(text: str) -> str:
    """`text` as HTML in which web and e-mail addresses are links that open beside the page; all else is escaped."""
    return "".join(_linked(part) for part in FULL_WIDTH.split(text))


def _linked(text: str) -> str:
    parts, end = [], 0
    for found in FINDER.match(text) or ():
        if found.schema not in SCHEMES:
            continue
        parts.append(escape(text[end : found.index], quote=False))
        about = f'href="{escape(found.url)}" target="_blank" rel="noopener noreferrer"'
        parts.append(f"<a {about}>{escape(found.raw, quote=False)}</a>")
        end = found.last_index
    return "".join(parts) + escape(text[end:], quote=False)
