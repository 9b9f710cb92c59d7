"""Forms: form-js JSON becomes questions, a schema that reads their answers, and values that keep their meaning."""

from engine.forms.answers import Raw, inputs_of, item_in, names_of, numbers_in, texts_under
from engine.forms.fields import CHOOSING, TYPED_IN_PARTS, Block, Choice, Field, Heading, Items, Kind, Limits, Paragraph
from engine.forms.form import Form
from engine.forms.items import items_in_words, items_of
from engine.forms.reading import read

__all__ = [
    "CHOOSING",
    "TYPED_IN_PARTS",
    "Block",
    "Choice",
    "Field",
    "Form",
    "Heading",
    "Items",
    "Kind",
    "Limits",
    "Paragraph",
    "Raw",
    "inputs_of",
    "item_in",
    "items_in_words",
    "items_of",
    "names_of",
    "numbers_in",
    "read",
    "texts_under",
]
