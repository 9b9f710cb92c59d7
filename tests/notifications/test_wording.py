"""Templates become a subject of one line and a text."""

import pytest

from notifications import wording

WORDS = {
    "message": "action wanted",
    "urgency": "URGENT ",
    "reference": "MC-7K3QX9PW",
    "obligation": "offer the child a return interview",
    "agency": "Local authority",
    "who": "Anna Lee",
    "person": "anna.lee",
    "step": "first reminder",
    "due": "3 March 2026, 4:12 pm",
    "at": "2 March 2026, 4:12 pm",
    "about": "case MC-7K3QX9PW",
    "element": "next_review",
    "error": "The step failed.",
    "count": "3",
    "procedure": "Missing child",
    "oldest": "2 March 2026, 3:12 pm",
    "whose": "Return interview worker, since 2 March 2026, 3:12 pm",
    "month": "March 2026",
    "numbers": "4 and 5",
    "sender": "Anna Lee",
    "giver": "Anna Lee",
    "receiver": "Ben Hart",
    "role": "return interview worker",
    "by": "2 March 2026, 4:27 pm",
    "since": "2 March 2026, 4:12 pm",
    "link": "https://homeward.example/cases/MC-7K3QX9PW",
    "messages": "MC-7K3QX9PW: offer the child a return interview (reminder)\nhttps://homeward.example/cases/MC-7K3QX9PW",
}

OF_NO_CASE = {
    "attachment_infected_here",
    "board_figures",
    "break_glass_by_yours",
    "gathered",
    "invitation",
    "late_clocks",
} | {name for name in wording.names() if name.startswith(("draft_", "merge_", "shift_", "unstaffed"))}


@pytest.mark.parametrize("template", sorted(wording.names()))
def test_a_template_gives_a_subject_of_one_line_and_a_text_with_the_link_on_a_line_of_its_own(template: str) -> None:
    subject, text = wording.write(template, WORDS)

    assert subject.splitlines() == [subject]
    assert (WORDS["reference"] in subject) == (template not in OF_NO_CASE)
    assert WORDS["link"] in text.splitlines()
    assert "{" not in subject + text


def test_a_word_that_a_template_wants_and_nobody_gives_is_a_fault() -> None:
    with pytest.raises(KeyError):
        wording.write("deadline", {})


def test_a_word_of_several_lines_leaves_the_subject_on_one() -> None:
    subject, _ = wording.write("deadline", WORDS | {"obligation": "one\r\nBcc: a@b.example\u200b\x00{two}"})

    assert subject.isprintable()
    assert "one Bcc: a@b.example {two}" in subject
