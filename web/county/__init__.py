"""The synthetic county: invented children, their episodes and whole case histories, played through the real engine (domain.md 10).

Drawn by one table of published figures (`parameters`), deterministic by seed (`lives`), played by people of all agencies on a
clock that goes as fast as the machine does (`playing`), with lapses at published rates (`lapses`) of which it is known which
promise each breaks. So the checks of the promises can be held against the truth (`truth`).
"""
