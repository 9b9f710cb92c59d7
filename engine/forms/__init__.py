"""Forms: form-js JSON becomes questions, a schema that reads their answers, and values that keep their meaning."""

from engine.forms.answers import Raw, names_of, texts_under
from engine.forms.fields import CHOOSING, TYPED_IN_PARTS, Block, Choice, Field, Heading, Kind, Limits, Paragraph
from engine.forms.form import Form
from engine.forms.reading import read

__all__ = [
    "CHOOSING",
    "TYPED_IN_PARTS",
    "Block",
    "Choice",
    "Field",
    "Form",
    "Heading",
    "Kind",
    "Limits",
    "Paragraph",
    "Raw",
    "names_of",
    "read",
    "texts_under",
]
