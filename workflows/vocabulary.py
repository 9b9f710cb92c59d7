"""The values that are stored and the words that are shown for them (domain.md 6.0, 8 and 5.2)."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

Words = Mapping[str, str]

RISK_LEVEL: Words = MappingProxyType(
    {
        "high": "High",
        "medium": "Medium",
        "low": "Low",
        "very_low": "Very low",
        "no_apparent_risk": "No apparent risk",
        "absent": "Absent",
    }
)

EPISODE_STATUS: Words = MappingProxyType(
    {
        "reported": "Reported missing",
        "graded": "Risk graded",
        "locating": "Being looked for",
        "located_not_returned": "Located, not returned",
        "returned_pending_pi": "Returned, prevention interview to be held",
        "pi_done": "Prevention interview done",
        "rhi_pending": "Return interview to be held",
        "rhi_done": "Return interview done or ended with a reason",
        "closed": "Closed",
        "reopened": "Reopened",
        "cancelled_error": "Cancelled, reported in error",
    }
)

MISSING_FROM_TYPE: Words = MappingProxyType(
    {
        "home": "Home",
        "relative_home": "A relative's home",
        "foster": "Foster home",
        "childrens_home": "Children's home",
        "supported_accommodation": "Supported accommodation",
        "secure": "Secure accommodation",
        "residential_school": "Residential school",
        "school": "School",
        "hospital": "Hospital",
        "street_or_event": "The street or an event",
        "other": "Somewhere else",
    }
)

LOOKED_AFTER: Words = MappingProxyType(
    {
        "none": "Not looked after",
        "s20": "Accommodated under section 20",
        "ico": "Interim care order",
        "fco": "Full care order",
        "police_protection": "Police protection",
        "epo": "Emergency protection order",
        "remand": "Remand",
        "section31_other": "Another order under section 31",
        "care_leaver": "Care leaver",
        "unknown": "Not known",
    }
)

REPORTER_REL: Words = MappingProxyType(
    {
        "parent": "Parent",
        "carer_foster": "Foster carer",
        "residential_staff": "Residential staff",
        "other_relative": "Another relative",
        "school": "School",
        "social_worker": "Social worker",
        "health": "Health staff",
        "friend": "Friend",
        "self": "The child",
        "police": "Police",
        "public": "Member of the public",
        "other": "Someone else",
    }
)

FOUND_HOW: Words = MappingProxyType(
    {
        "returned_self": "Came back without help",
        "found_police_search": "Found by a police search",
        "found_police_patrol": "Found by a police patrol",
        "found_family": "Found by family",
        "found_carer_staff": "Found by carers or staff",
        "found_public": "Found by a member of the public",
        "found_other_agency": "Found by another agency",
        "arrested": "Arrested",
        "hospital": "In hospital",
        "contacted_by_phone_then_returned": "Reached by phone, then returned",
        "abroad": "Abroad",
        "deceased": "Deceased",
        "other": "In another way",
    }
)

PLACE_FOUND_TYPE: Words = MappingProxyType(
    {
        "home": "Home",
        "friend": "A friend's home",
        "relative": "A relative's home",
        "street_park": "Street or park",
        "shops_leisure": "Shops or leisure centre",
        "transport_hub": "Station or other transport hub",
        "police_station": "Police station",
        "hospital": "Hospital",
        "associate_of_concern": "With a person of concern",
        "other_placement": "Another placement",
        "custody": "Custody",
        "other": "Somewhere else",
    }
)

HARM_TYPE: Words = MappingProxyType(
    {
        "none": "No harm",
        "physical_injury": "Physical injury",
        "self_harm": "Self-harm",
        "overdose": "Overdose",
        "accidental": "Accident",
        "sexual_offence": "Sexual offence",
        "sexual_exploitation": "Sexual exploitation",
        "criminal_exploitation": "Criminal exploitation",
        "trafficking": "Trafficking",
        "emotional": "Emotional harm",
        "substance": "Drugs or alcohol",
        "death": "Death",
        "unknown": "Not known",
    }
)

PUSH_PULL: Words = MappingProxyType(
    {
        "family_conflict": "Conflict in the family",
        "abuse_neglect": "Abuse or neglect",
        "placement_problem": "A problem in the placement",
        "communication_breakdown": "Breakdown of communication",
        "bullying_school": "Bullying or school",
        "mental_health": "Mental health",
        "contact_family": "To see family",
        "contact_friends": "To see friends",
        "boy_girlfriend": "To see a boyfriend or girlfriend",
        "party": "A party",
        "substance": "Drugs or alcohol",
        "grooming_online": "Grooming online",
        "cse": "Child sexual exploitation",
        "cce_county_lines": "Child criminal exploitation or county lines",
        "gang": "A gang",
        "forced_marriage_hba": "Forced marriage or honour-based abuse",
        "radicalisation": "Radicalisation",
        "asylum_age_dispute": "Asylum or disputed age",
        "boredom_boundary": "Boredom or testing boundaries",
        "disagreement_curfew": "Disagreement about a curfew",
        "other": "Another reason",
    }
)

RHI_OUTCOME: Words = MappingProxyType(
    {
        "offered_awaiting": "Offered, no answer yet",
        "accepted_scheduled": "Accepted and arranged",
        "held": "Held",
        "held_partial": "Held in part",
        "declined_child": "Declined by the child",
        "declined_parent": "Declined by a parent",
        "not_engaged_3_attempts": "No engagement after three attempts",
        "child_missing_again": "Child missing again",
        "out_of_area_pending": "Out of area, being arranged",
        "unsafe_to_hold": "Unsafe to hold",
        "deceased_or_untraced": "Child deceased or untraced",
        "not_offered": "Not offered",
    }
)

CANCEL_REASON: Words = MappingProxyType(
    {
        "reported_in_error": "Reported in error",
        "whereabouts_established_before_deployment": "Whereabouts established before anyone was sent",
        "duplicate": "Reported twice",
        "not_police_matter": "Not a matter for the police",
        "wrong_identity": "Wrong identity",
    }
)

ACTION_TYPE: Words = MappingProxyType(
    {
        "address_check": "Check of an address",
        "phone_contact": "Contact by phone",
        "social_media": "Social media",
        "cctv": "CCTV",
        "financial": "Bank and payments",
        "transport": "Transport",
        "hospital_check": "Check of hospitals",
        "custody_check": "Check of custody",
        "school_check": "Check with the school",
        "associate_visit": "Visit to an associate",
        "area_search": "Search of an area",
        "specialist_search_polsa": "Search by a specialist adviser",
        "dog_drone": "Dog or drone",
        "media_appeal": "Appeal in the media",
        "cra": "Child rescue alert",
        "telecoms": "Telecommunications data",
        "port_alert": "Alert at ports",
        "partner_enquiry": "Enquiry with a partner",
        "family_liaison": "Family liaison",
        "other": "Another action",
    }
)

FLAG: Words = MappingProxyType(
    {
        "cse": "Child sexual exploitation",
        "cce": "Child criminal exploitation",
        "trafficking_nrm": "Trafficking",
        "suicide_self_harm": "Suicide or self-harm",
        "mental_health": "Mental health",
        "substance": "Drugs or alcohol",
        "violence": "Violence",
        "radicalisation": "Radicalisation",
        "hba_fm": "Honour-based abuse or forced marriage",
        "online_grooming": "Grooming online",
        "medical_dependency": "Depends on medicine or treatment",
        "disability_sen": "Disability or special educational needs",
        "asd": "Autism",
        "uasc": "Unaccompanied asylum-seeking child",
        "cp_plan": "Child protection plan",
        "cin": "Child in need",
        "lac": "Looked-after child",
        "care_leaver": "Care leaver",
        "pregnant": "Pregnant",
        "young_carer": "Young carer",
        "dv_home": "Domestic abuse at home",
        "repeat_3_in_90": "Missing three times in 90 days",
        "repeat_10_in_365": "Missing ten times in a year",
        "carer_known_risk": "Known risk from a carer",
    }
)

BREACH_REASON: Words = MappingProxyType(
    {
        "child_declined": "The child declined",
        "parent_refused_under_capacity": "A parent refused for a child who cannot decide alone",
        "child_missing_again": "The child is missing again",
        "hospital": "The child is in hospital",
        "custody": "The child is in custody",
        "abroad": "The child is abroad",
        "out_of_area_delay": "Delay out of area",
        "language_interpreter": "An interpreter is needed",
        "staff_capacity": "Not enough staff",
        "unsafe": "Unsafe",
        "contact_failed_3": "Three attempts to make contact failed",
        "deceased": "The child is deceased",
        "merged_with_episode": "Covered with another episode",
        "other": "Another reason, agreed by a manager",
    }
)
"""Why an obligation was not met in time (domain.md 8); a reason explains a breach and never cures it (13.1)."""

AUDITED_REASONS = frozenset({"staff_capacity", "other"})
"""Reasons that always raise an audit flag (domain.md 8 and 13.1)."""

SEX: Words = MappingProxyType({"female": "Female", "male": "Male", "not_known": "Not known"})

ETHNICITY: Words = MappingProxyType(
    {
        "white_british": "White: British",
        "white_irish": "White: Irish",
        "white_gypsy_traveller": "White: Gypsy or Irish Traveller",
        "white_roma": "White: Roma",
        "white_other": "White: other",
        "mixed_white_black_caribbean": "Mixed: White and Black Caribbean",
        "mixed_white_black_african": "Mixed: White and Black African",
        "mixed_white_asian": "Mixed: White and Asian",
        "mixed_other": "Mixed: other",
        "asian_indian": "Asian: Indian",
        "asian_pakistani": "Asian: Pakistani",
        "asian_bangladeshi": "Asian: Bangladeshi",
        "asian_chinese": "Asian: Chinese",
        "asian_other": "Asian: other",
        "black_african": "Black: African",
        "black_caribbean": "Black: Caribbean",
        "black_other": "Black: other",
        "arab": "Arab",
        "other": "Another ethnic group",
        "not_stated": "Asked, not stated",
        "not_recorded": "Not recorded",
    }
)
"""The 19 groups of the census, and two values that are not one: asked without an answer, and not asked (G-29)."""

RESPONSIBLE_AUTHORITY: Words = MappingProxyType(
    {
        "nottingham_city": "Nottingham City",
        "nottinghamshire_county": "Nottinghamshire County",
        "oxfordshire_county": "Oxfordshire County",
        "another": "Another authority",
        "not_known": "Not known",
    }
)

YES_NO_UNKNOWN: Words = MappingProxyType({"yes": "Yes", "no": "No", "unknown": "Not known"})

DATA_CLASS: Words = MappingProxyType(
    {
        "D1": "Identity, description and photograph",
        "D2": "Facts of the episode",
        "D3": "Answers of the risk assessment",
        "D4": "Police intelligence",
        "D5": "Trigger plan, police part",
        "D6": "Trigger plan, carer's part",
        "D7": "Prevention interview",
        "D8": "Return interview, full account",
        "D9": "Return interview, outcome",
        "D10": "Minutes of meetings",
        "D11": "Health, ethnicity and other special categories",
        "D12": "Audits and recommendations",
    }
)

DISCLOSURE_BASIS: Words = MappingProxyType(
    {
        "law_enforcement": "Law enforcement, with harm or crime in view (DPA 2018, Part 3)",
        "welfare_tracing": "Tracing for the child's welfare (UK GDPR, Article 6(1)(d) or (e), Article 9(2)(c) or (g))",
        "childrens_services": "Children's services (UK GDPR, Article 6(1)(c) or (e); DPA 2018, Schedule 1, paragraph 18)",
        "return_interview": "Return interview for the authority (UK GDPR, Article 6(1)(e); DPA 2018, Schedule 1, paragraph 18)",
        "school_or_health": "School or health (UK GDPR, Article 6(1)(e), Article 9(2)(g) or (h))",
        "partnership_analysis": "Analysis by the partnership (UK GDPR, Article 6(1)(e))",
        "sharing_duty": "Duty to share information for safeguarding (Children Act 2004, as amended)",
        "subject_access": "The person's own right of access (UK GDPR, Article 15; DPA 2018, section 45)",
        "court_order": "Order of a court",
    }
)
"""On which basis something is given to somebody (domain.md 5.3); the last two are those of the child and of a court."""

VOCABULARIES: Mapping[str, Words] = MappingProxyType(
    {
        "risk_level": RISK_LEVEL,
        "episode_status": EPISODE_STATUS,
        "missing_from_type": MISSING_FROM_TYPE,
        "looked_after": LOOKED_AFTER,
        "reporter_rel": REPORTER_REL,
        "found_how": FOUND_HOW,
        "place_found_type": PLACE_FOUND_TYPE,
        "harm_type": HARM_TYPE,
        "push_pull": PUSH_PULL,
        "rhi_outcome": RHI_OUTCOME,
        "cancel_reason": CANCEL_REASON,
        "action_type": ACTION_TYPE,
        "flag": FLAG,
        "breach_reason": BREACH_REASON,
        "sex": SEX,
        "ethnicity": ETHNICITY,
        "responsible_authority": RESPONSIBLE_AUTHORITY,
        "yes_no_unknown": YES_NO_UNKNOWN,
        "data_class": DATA_CLASS,
        "disclosure_basis": DISCLOSURE_BASIS,
    }
)
"""Every vocabulary by its name in domain.md."""


def words(vocabulary: str, value: str) -> str:
    """Give the words for a stored value; a value of an older vocabulary stands for itself, since history keeps it."""
    return VOCABULARIES[vocabulary].get(value, value)
