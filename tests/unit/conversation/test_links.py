"""Addresses in answers are links, and nothing else becomes one."""

from __future__ import annotations

import re

import pytest

from ui.chat.links import linked


def hrefs(html: str) -> list[str]:
    return re.findall(r'href="([^"]*)"', html)


@pytest.mark.parametrize(
    ("text", "addresses"),
    [
        ("Track it at https://shop.com/track?id=1, please.", ["https://shop.com/track?id=1"]),
        ("(see http://shop.com/a_(b))", ["http://shop.com/a_(b)"]),
        ("Write to help@shop.com!", ["mailto:help@shop.com"]),
        ("请访问 https://shop.com/track，然后点击。", ["https://shop.com/track"]),
        ("two: https://a.com\nhttps://b.com", ["https://a.com", "https://b.com"]),
        ("In two days. It comes by 5.30 p.m. today.It", []),
        ("javascript:alert(1) ftp://x.com //evil.com data:text/html,x", []),
    ],
)
def test_addresses_and_nothing_else_are_links(text: str, addresses: list[str]) -> None:
    assert hrefs(linked(text)) == addresses
    assert re.sub(r"<[^>]*>", "", linked(text)).replace("&amp;", "&") == text


def test_what_is_around_and_in_an_address_is_escaped() -> None:
    html = linked('<b>&</b> https://shop.com/?a=1&b="><img src=x onerror=alert(1)>')
    assert "<b>" not in html
    assert "<img" not in html
    assert html.startswith("&lt;b&gt;&amp;&lt;/b&gt; <a ")
    assert hrefs(html)[0].startswith("https://shop.com/?a=1&amp;b=")
