"""One POST over HTTP, and which of the two failures its answer is; the standard library does it, without another package in memory."""

from __future__ import annotations

import http.client
import urllib.error
import urllib.request
from collections.abc import Mapping
from datetime import timedelta
from typing import IO

from notifications.message import Permanent, Temporary

AGAIN = frozenset({401, 403, 404, 408, 425, 429})
"""Refusals that end by themselves, or once somebody has put the settings right: a wrong key, a limit, a missing page."""


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """What is sent goes to the address of the settings and nowhere else."""

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: http.client.HTTPMessage,
        newurl: str,
    ) -> None:
        """Follow nothing."""


_OPENER = urllib.request.build_opener(_NoRedirect())


def post(url: str, body: bytes, headers: Mapping[str, str], *, timeout: timedelta, what: str) -> None:
    """Post a body; return when it is taken (2xx).

    `Permanent` where the receiver will never take it (4xx but those of `AGAIN`), else `Temporary`; `what` names the receiver.
    """
    request = urllib.request.Request(url, data=body, headers=dict(headers), method="POST")  # noqa: S310 - settings give it
    try:
        with _OPENER.open(request, timeout=timeout.total_seconds()) as answer:
            answer.read()
    except urllib.error.HTTPError as refusal:
        with refusal:
            never = 400 <= refusal.code < 500 and refusal.code not in AGAIN  # noqa: PLR2004 - the class of the code
            raise (Permanent if never else Temporary)(f"{what} answered {refusal.code}") from refusal
    except (OSError, http.client.HTTPException) as absence:
        raise Temporary(f"{what} could not be spoken to ({type(absence).__name__})") from absence
