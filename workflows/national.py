"""What was published of the country or of another force, to be held beside the own figures: by table and part, with its source.

The years and the ways of counting differ, so that these are for orientation and never a target (domain.md 4.6, 4.7, 4.8).
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

NATIONAL: Mapping[tuple[str, str], str] = MappingProxyType(
    {
        ("people", "two_or_more"): "65% of the episodes of a force were repeats, 2021 [S121]",
        ("sex", "male"): "51 to 52% of those aged 12 to 17, England and Wales, 2018 to 2020 [S107][S108]",
        ("ethnicity", "not_recorded"): "31% not known, all ages, England and Wales, 2019/20 [S108]",
        ("first_grade", "high"): "13 to 15% of children, Cleveland, 2021 to 2024 [S128]",
        ("first_grade", "medium"): "84 to 85% of children, Cleveland, 2021 to 2024 [S128]",
        ("first_grade", "low"): "1.3 to 1.6% of children, Cleveland, 2021 to 2024 [S128]",
        (
            "duration",
            "missing",
        ): "87% of episodes of children were over within 48 hours, England and Wales, 2016/17 [S38]",
        ("found_how", "returned_self"): "43% of children came back by themselves, England and Wales, 2018/19 [S107]",
        (
            "found_how",
            "found_police_search",
        ): "29% of children were found by the police, England and Wales, 2018/19 [S107]",
        ("harm", "harmed"): "4% of episodes of children had harm reported, England and Wales, 2016/17 [S38]",
        ("flags", "flag_cse"): "8.6% of episodes of children, England and Wales, 2019/20 [S108]",
        (
            "interviews",
            "offered",
        ): "5 councils offered after more than 90% of episodes, 10 after fewer than 30%, 2023/24 [S47]",
        ("interviews", "held"): "50% of episodes on average, by council from 20% to nearly all, 2019 [S48]",
        ("interviews", "in_time"): "63% of those that were held, on average, and no council at 100%, 2023/24 [S47]",
        ("looked_after", "yes"): "42% of episodes of children (an estimate of mixed bases) [S113][S123]",
    }
)
