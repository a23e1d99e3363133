import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.producers.live.html import absolute_link, text_of_html


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("hola", "hola"),
        ("  hola \n mundo ", "hola mundo"),
        ("<p>uno</p><p>dos</p>", "uno\n\ndos"),
        ("<p>uno<br>dos<br/>tres</p>", "uno\ndos\ntres"),
        ("uno<br><br><br><br>dos", "uno\n\ndos"),
        ("<p>a <b>b</b><i>c</i></p>", "a bc"),
        ("it&#39;s &lt;3 &amp; caf&eacute;", "it's <3 & café"),
        ("<ul><li>a</li><li>b</li></ul>c", "- a\n- b\n\nc"),
        ("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a b\nc"),
        ("<pre>a\n  b</pre>", "a\nb"),
        ("a<script>alert(1)</script><style>p{}</style><noscript>x</noscript>b", "ab"),
        ("a<svg><text>x</text></svg><iframe>y</iframe><template><p>z</p></template>b", "ab"),
        ("<!-- <p>no</p> -->sí", "sí"),
        ("<p>sin cerrar <b>nada", "sin cerrar nada"),
        ("", ""),
        ("<p></p>", ""),
        ("a\0b", "ab"),
    ],
)
def test_the_text_is_what_a_reader_sees(html: str, text: str) -> None:
    assert text_of_html(html).text == text


def test_a_shortened_link_is_whole_again_and_names_are_told_from_links() -> None:
    shown = text_of_html(
        '<p><span class="h-card"><a href="https://far.example/@ana" class="u-url mention">'
        '@<span>ana</span></a></span> mira <a href="https://far.example/tags/Tetera" '
        'class="mention hashtag" rel="tag">#<span>Tetera</span></a> '
        '<a href="https://shop.example/t?a=1&amp;b=2"><span class="invisible">https://</span>'
        '<span class="ellipsis">shop.example/t</span><span class="invisible">?a=1&amp;b=2</span>'
        '</a> <a href="javascript:alert(1)">no</a> <a href="/rel">r</a></p>',
        base="https://far.example/x/",
    )
    assert shown.text == "@ana mira #Tetera https://shop.example/t?a=1&b=2 no r"
    assert shown.links == ("https://shop.example/t?a=1&b=2", "https://far.example/rel")
    assert shown.hashtags == ("Tetera",)
    assert shown.mentions == ("ana",)


def test_an_element_of_a_class_can_be_left_out() -> None:
    html = '<p class="x quote-inline">RE: <a href="https://a.example">a</a></p><p>b</p>'
    shown = text_of_html(html, drop_class="quote-inline")
    assert (shown.text, shown.links) == ("b", ())


def test_no_address_is_no_link() -> None:
    assert absolute_link("", "https://a.example") == ""
    assert absolute_link("mailto:a@b.example") == ""
    assert absolute_link("http://[") == ""
    assert absolute_link("//b.example/x", "https://a.example") == "https://b.example/x"


@pytest.mark.parametrize("html", ["<div>" * 300_000, "<a>" * 300_000, "<" * 900_000, "&" * 900_000])
def test_a_page_made_to_be_slow_is_cut(html: str) -> None:
    before = time.process_time()
    text_of_html(html)
    assert time.process_time() - before < 3


@given(st.text(alphabet=st.sampled_from("<>/abp \n&;\"'=!-") | st.characters(), max_size=200))
def test_no_text_makes_it_raise_or_keeps_a_script(html: str) -> None:
    assert "EVIL" not in text_of_html(f"<script>EVIL</script>{html}").text
    text_of_html(html)
