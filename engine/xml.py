"""Reads XML that nobody trusts: no entities, no network, no document type, a limit on size.

The library's own `etree.parse` runs with defaults that allow all of these (spiffworkflow.md 3); everything that the
engine reads as XML therefore comes through here.
"""

from __future__ import annotations

from collections.abc import Mapping

from lxml import etree

from engine.errors import Invalid, Problem

BYTES_AT_MOST = 5 * 1024 * 1024
"""A diagram or table larger than this is refused; the largest that people draw are a tenth of it."""

Element = etree._Element  # noqa: SLF001 - lxml gives its element type no public name


def parse(text: str, where: str = "file") -> Element:
    """Read XML text into its root element; `where` names the file in a refusal.

    Raises:
        Invalid: the text is too large, is not well-formed, or brings a document type (and with it entities).
    """
    data = text.encode("utf-8")
    if len(data) > BYTES_AT_MOST:
        raise Invalid([Problem(where, "file-too-large", f"The file is larger than {BYTES_AT_MOST // 1048576} MB.")])
    reader = etree.XMLParser(  # what the text says of its encoding was true of the bytes that it was read from
        encoding="utf-8", resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False, huge_tree=False
    )
    try:
        root = etree.fromstring(data, parser=reader)
    except etree.XMLSyntaxError as fault:
        line, column = fault.position
        sentence = f"The file is not well-formed XML at line {line}, column {column}: {fault.msg}."
        raise Invalid([Problem(where, "not-well-formed", sentence)]) from fault
    if root.getroottree().docinfo.doctype:
        raise Invalid([Problem(where, "document-type", "The file brings a document type (<!DOCTYPE>): remove it.")])
    return root


def text_of(root: Element) -> bytes:
    """Write an element as UTF-8 bytes."""
    return etree.tostring(root, encoding="utf-8", xml_declaration=True)


def local_name(element: Element) -> str:
    """Give the name of an element without its namespace; comments and instructions give an empty string."""
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def child(parent: Element, tag: str, attributes: Mapping[str, str]) -> Element:
    """Put a new element into another, as its last."""
    return etree.SubElement(parent, tag, dict(attributes))
