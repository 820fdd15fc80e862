"""The shapes that registration takes in and gives out."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from services.registration.rules import CATEGORIES, ORGANISATION_KINDS, AbsenceState
from shared.contracts.business import BUSINESS_NAMES
from shared.http.fields import Hours
from shared.http.paging import PageArguments
from shared.identity import Role

_username = validate.Regexp(r"^[a-z0-9][a-z0-9_.-]{2,39}\Z")
_region = validate.Regexp(r"^\d{6}\Z")


def _name() -> fields.String:
    return fields.String(required=True, validate=validate.Length(min=2, max=60))


class Credentials(Schema):
    """A user name and a password."""

    username = fields.String(required=True, validate=validate.Length(max=60))
    password = fields.String(required=True, load_only=True, validate=validate.Length(max=200))


class RefreshIn(Schema):
    """The refresh secret of a session."""

    refresh_token = fields.String(required=True, load_only=True, validate=validate.Length(max=200))


class SessionOut(Schema):
    """A signed-in session."""

    access_token = fields.String(required=True)
    refresh_token = fields.String(required=True)
    expires_in = fields.Integer(required=True, metadata={"description": "Seconds"})


class AccountIn(Schema):
    """An account made by an administrator for someone else."""

    username = fields.String(required=True, validate=_username)
    name = _name()


class AccountSelfIn(AccountIn):
    """An account that someone makes for themselves."""

    password = fields.String(required=True, load_only=True, validate=validate.Length(max=200))


class ActivationIn(Schema):
    """The first password of an account, chosen with its one-use secret."""

    secret = fields.String(required=True, load_only=True, validate=validate.Length(max=200))
    password = fields.String(required=True, load_only=True, validate=validate.Length(max=200))


class PostOut(Schema):
    """A post."""

    id = fields.String()
    account_id = fields.String()
    role = fields.String()
    region = fields.String()
    organisation_id = fields.String(allow_none=True)
    state = fields.String()


class HeldPostOut(PostOut):
    """A post with who holds it."""

    account_name = fields.String()
    username = fields.String(allow_none=True)


class AccountOut(Schema):
    """An account, as its owner and administrators see it."""

    id = fields.String()
    username = fields.String(allow_none=True)
    name = fields.String()


class SecretOut(Schema):
    """A one-use secret, shown once and stored nowhere."""

    secret = fields.String(required=True)


class MeOut(AccountOut):
    """Who is signed in."""

    posts = fields.List(fields.Nested(PostOut))
    volunteer_number = fields.String(allow_none=True)


class PostIn(Schema):
    """A post that is proposed for someone."""

    account_id = fields.String(required=True, validate=validate.Length(max=60))
    role = fields.Enum(Role, by_value=True, required=True)
    region = fields.String(required=True, validate=_region)


class AbsenceIn(Schema):
    """Who stands in, from when until just before when, and for which business."""

    delegate_account_id = fields.String(required=True, validate=validate.Length(max=60))
    starts_at = fields.AwareDateTime(
        format="iso", load_default=None, allow_none=True, metadata={"description": "Now when it is not said"}
    )
    ends_at = fields.AwareDateTime(format="iso", required=True)
    business_types = fields.List(
        fields.String(validate=validate.OneOf(list(BUSINESS_NAMES))),
        load_default=list,
        validate=validate.Length(max=len(BUSINESS_NAMES)),
        metadata={"description": "All kinds of business when none is named"},
    )


class AbsenceQuery(PageArguments):
    """Which absence rules are wanted."""

    list = fields.String(
        load_default=None,
        validate=validate.OneOf(["mine", "for_others"]),
        metadata={"description": "One's own, or those by which one stands in for others"},
    )


class AbsenceOut(Schema):
    """An absence rule."""

    id = fields.String()
    delegator_account_id = fields.String()
    delegator_name = fields.String()
    delegate_account_id = fields.String()
    delegate_name = fields.String()
    starts_at = fields.AwareDateTime(format="iso")
    ends_at = fields.AwareDateTime(format="iso")
    business_types = fields.List(fields.String())
    state = fields.Enum(AbsenceState, by_value=True)
    ended_at = fields.AwareDateTime(format="iso", allow_none=True)
    revision = fields.Integer()


class OfficeOut(Schema):
    """An official's post in the office of a region."""

    role = fields.String()
    region = fields.String()


class DelegateOut(Schema):
    """An official who may stand in, with their posts in the regions that the two have in common."""

    account_id = fields.String()
    name = fields.String()
    posts = fields.List(fields.Nested(OfficeOut))


class VolunteerIn(Schema):
    """A person who registers as a volunteer under their real name."""

    name = _name()
    id_number = fields.String(required=True, load_only=True, validate=validate.Length(max=30))
    mobile = fields.String(required=True, load_only=True, validate=validate.Length(max=20))
    region = fields.String(required=True, validate=_region)
    category = fields.String(required=True, validate=validate.OneOf(list(CATEGORIES)))
    specialties = fields.List(
        fields.String(validate=validate.Length(max=30)), load_default=list, validate=validate.Length(max=10)
    )
    consents = fields.List(
        fields.String(validate=validate.Length(max=30)), required=True, validate=validate.Length(max=10)
    )
    guardian_consents = fields.Boolean(load_default=False)


class VolunteerOut(Schema):
    """A volunteer; numbers that identify the person are masked."""

    id = fields.String()
    number = fields.String(allow_none=True)
    name = fields.String()
    id_number_masked = fields.String()
    mobile_masked = fields.String()
    sex = fields.String()
    region = fields.String()
    category = fields.String()
    specialties = fields.List(fields.String())
    state = fields.String()
    case_id = fields.String(allow_none=True)
    revision = fields.Integer()


class MyRegistrationOut(VolunteerOut):
    """One's own registration."""

    moved_to = fields.String(
        allow_none=True,
        metadata={
            "description": "The region at another node where one is at home by now; the account there is claimed"
        },
    )


class ClaimSecretOut(SecretOut):
    """What one takes to one's new home to claim the account there; shown once and stored nowhere."""

    to_region = fields.String(required=True)


class ClaimIn(Schema):
    """What somebody who came from another node gives to claim their account; the ID number did not come with them."""

    secret = fields.String(required=True, load_only=True, validate=validate.Length(max=200))
    username = fields.String(required=True, validate=_username)
    password = fields.String(required=True, load_only=True, validate=validate.Length(max=200))
    id_number = fields.String(required=True, load_only=True, validate=validate.Length(max=30))
    mobile = fields.String(required=True, load_only=True, validate=validate.Length(max=20))
    consents = fields.List(
        fields.String(validate=validate.Length(max=30)), required=True, validate=validate.Length(max=10)
    )
    guardian_consents = fields.Boolean(load_default=False)


class VolunteerQuery(Schema):
    """Which volunteers are wanted."""

    region = fields.String(load_default=None, validate=_region)
    state = fields.String(load_default=None, validate=validate.OneOf(["pending", "approved", "refused"]))
    cursor = fields.String(load_default=None, validate=validate.Length(max=400))
    limit = fields.Integer(load_default=20, validate=validate.Range(min=1, max=100))


class OrganisationIn(Schema):
    """An organisation that wants to take part."""

    name = fields.String(required=True, validate=validate.Length(min=4, max=100))
    region = fields.String(required=True, validate=_region)
    kind = fields.String(required=True, validate=validate.OneOf(list(ORGANISATION_KINDS)))
    uscc = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=30))
    purpose = fields.String(required=True, validate=validate.Length(min=4, max=1000))


class OrganisationOut(Schema):
    """An organisation."""

    id = fields.String()
    name = fields.String()
    region = fields.String()
    kind = fields.String()
    uscc = fields.String(allow_none=True)
    purpose = fields.String()
    state = fields.String()
    case_id = fields.String(allow_none=True)
    revision = fields.Integer()


class OrganisationQuery(VolunteerQuery):
    """Which organisations are wanted."""


class FileEntryOut(Schema):
    """One line of an e-file."""

    kind = fields.String()
    title = fields.String()
    hours = Hours(attribute="hours_hundredths", allow_none=True)
    happened_on = fields.Date()
    withdrawn_on = fields.Date(allow_none=True, metadata={"description": "Of a star that was taken away"})


class FileOut(Schema):
    """A volunteer's e-file."""

    number = fields.String(allow_none=True)
    name = fields.String()
    region = fields.String()
    state = fields.String()
    hours_total = Hours()
    stars = fields.Integer()
    entries = fields.List(fields.Nested(FileEntryOut))
