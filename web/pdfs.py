"""A page as a tagged PDF, drawn by WeasyPrint where the computer has it; a print from the browser says the same."""

from __future__ import annotations

import logging
from importlib.resources import files

from engine.errors import Unavailable

logging.getLogger("weasyprint").setLevel(
    logging.CRITICAL
)  # it tells of each rule for screens alone, and of what it must not fetch


class PdfNotDrawn(Unavailable):
    """This computer lacks what draws a PDF."""


def drawn(html: str) -> bytes:
    """Draw a page as it is printed, tagged for screen readers (PDF/UA-1); nothing that it names is fetched, the style of the site is put in.

    Refused with `PdfNotDrawn` where WeasyPrint (the extra ``pdf``) or a library of the system that it needs is missing.
    """
    try:
        import weasyprint
    except (ImportError, OSError) as fault:  # it opens the libraries of the system when it is imported
        message = (
            "PDF files cannot be made here, because WeasyPrint or a library that it needs (Pango) is not installed. "
            "Open the report itself and print it from your browser: it says the same."
        )
        raise PdfNotDrawn(message) from fault
    from PIL import ImageFile

    ImageFile.LOAD_TRUNCATED_IMAGES = (
        False  # WeasyPrint turns it on for the whole process; photographs have to be whole
    )
    nothing = weasyprint.urls.URLFetcher(allowed_protocols=())
    style = files("web").joinpath("static", "homeward.css").read_text("utf-8")
    page = weasyprint.HTML(string=html, base_url="about:blank", url_fetcher=nothing)
    return bytes(
        page.write_pdf(stylesheets=[weasyprint.CSS(string=style, url_fetcher=nothing)], pdf_variant="pdf/ua-1")
    )
