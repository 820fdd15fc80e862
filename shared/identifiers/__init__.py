"""The numbers that name a person or an organisation: checked, put into one form, and masked.

Nothing here stores or sends a number; an ID number is never part of an error's text.
"""

from shared.identifiers.id_number import (
    Sex,
    birth_date,
    check_digit,
    check_id_number,
    normalise_id_number,
    sex,
)
from shared.identifiers.masks import mask_id, mask_mobile, mask_name
from shared.identifiers.mobile import check_mobile, normalise_mobile
from shared.identifiers.uscc import check_uscc, normalise_uscc, uscc_check_character

__all__ = [
    "Sex",
    "birth_date",
    "check_digit",
    "check_id_number",
    "check_mobile",
    "check_uscc",
    "mask_id",
    "mask_mobile",
    "mask_name",
    "normalise_id_number",
    "normalise_mobile",
    "normalise_uscc",
    "sex",
    "uscc_check_character",
]
