"""What the SCIM interface answers (RFC 7643, RFC 7644): users, groups, lists, faults, and what it
says of itself. Pure.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from accessctl.hub.directory import UserEntry
from accessctl.hub.directory_groups import GroupEntry
from accessctl.hub.scim_resources import GROUP_SCHEMA, USER_SCHEMA, ScimError, plain

SCIM = "/scim/v2"
MESSAGES = "urn:ietf:params:scim:api:messages:2.0:"
SELF = "urn:ietf:params:scim:schemas:core:2.0:"
MOST_RESULTS = 200
USERS, GROUPS = "Users", "Groups"
ALWAYS = frozenset({"schemas", "id"})


def user_json(entry: UserEntry, base: str) -> dict[str, Any]:
    """`base` is where the interface is, without a slash at the end."""
    user = entry.user
    parts = {
        "formatted": user.formatted,
        "givenName": user.given_name,
        "familyName": user.family_name,
    }
    name = _known(parts)
    groups = [
        {"value": number, "display": display, "$ref": f"{base}/{GROUPS}/{number}"}
        for number, display in entry.groups
    ]
    said = _known(
        {
            "schemas": [USER_SCHEMA],
            "id": entry.id,
            "externalId": user.external_id,
            "userName": user.user_name,
            "displayName": user.display_name,
            "name": name or None,
            "active": user.active,
            "groups": groups or None,
        }
    )
    return {**said, "meta": _meta("User", f"{base}/{USERS}/{entry.id}", entry)}


def group_json(entry: GroupEntry, base: str) -> dict[str, Any]:
    members = [
        {"value": user, "$ref": f"{base}/{USERS}/{user}"} for user in sorted(entry.group.members)
    ]
    said = _known(
        {
            "schemas": [GROUP_SCHEMA],
            "id": entry.id,
            "externalId": entry.group.external_id,
            "displayName": entry.group.display_name,
            "members": members,
        }
    )
    return {**said, "meta": _meta("Group", f"{base}/{GROUPS}/{entry.id}", entry)}


def shown(resource: Mapping[str, Any], only: str, without: str) -> dict[str, Any]:
    """The same as far as it was asked for, `only` these attributes or `without` these (names with
    commas between, of the first level here): `attributes` and `excludedAttributes` of RFC 7644,
    section 3.9. `schemas` and `id` are always there."""
    wanted, unwanted = _names(only), _names(without)
    return {
        name: value
        for name, value in resource.items()
        if name in ALWAYS
        or (name.casefold() in wanted if wanted else name.casefold() not in unwanted)
    }


def _names(listed: str) -> frozenset[str]:
    """In small letters; of `name.familyName` the first part, which is more than was asked for."""
    return frozenset(
        plain(one.strip()).partition(".")[0] for one in listed.split(",") if one.strip()
    )


def list_json(total: int, start: int, resources: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """One page of what was asked for; `start` is the number of its first one, from 1."""
    return {
        "schemas": [f"{MESSAGES}ListResponse"],
        "totalResults": total,
        "startIndex": start,
        "itemsPerPage": len(resources),
        "Resources": list(resources),
    }


def error_json(error: ScimError) -> dict[str, Any]:
    said = {"schemas": [f"{MESSAGES}Error"], "status": str(error.status), "detail": str(error)}
    return said if error.kind is None else {**said, "scimType": error.kind}


def provider_json(base: str) -> dict[str, Any]:
    """ServiceProviderConfig (RFC 7643, section 5)."""
    no = {"supported": False}
    return {
        "schemas": [f"{SELF}ServiceProviderConfig"],
        "patch": {"supported": True},
        "bulk": {**no, "maxOperations": 0, "maxPayloadSize": 0},
        "filter": {"supported": True, "maxResults": MOST_RESULTS},
        "changePassword": no,
        "sort": no,
        "etag": no,
        "authenticationSchemes": [
            {
                "type": "oauthbearertoken",
                "name": "Bearer token",
                "description": "The token that accessctl hub scim token shows, once.",
                "primary": True,
            }
        ],
        "meta": {
            "resourceType": "ServiceProviderConfig",
            "location": f"{base}/ServiceProviderConfig",
        },
    }


def types_json(base: str) -> list[dict[str, Any]]:
    """ResourceTypes (RFC 7643, section 6)."""
    return [
        {
            "schemas": [f"{SELF}ResourceType"],
            "id": name,
            "name": name,
            "endpoint": f"/{place}",
            "schema": schema,
            "meta": {"resourceType": "ResourceType", "location": f"{base}/ResourceTypes/{name}"},
        }
        for name, place, schema in (
            ("User", USERS, USER_SCHEMA),
            ("Group", GROUPS, GROUP_SCHEMA),
        )
    ]


def schemas_json(base: str) -> list[dict[str, Any]]:
    """Schemas (RFC 7643, section 7) of the attributes that are kept."""
    text = _attribute("string")
    name_parts = [{**text, "name": part} for part in ("formatted", "givenName", "familyName")]
    reference = [{**text, "name": "value"}, {**text, "name": "display", "mutability": "readOnly"}]
    user = [
        {**text, "name": "userName", "required": True, "uniqueness": "server"},
        {**text, "name": "displayName"},
        {**_attribute("complex"), "name": "name", "subAttributes": name_parts},
        {**_attribute("boolean"), "name": "active"},
        {
            **_attribute("complex"),
            "name": "groups",
            "multiValued": True,
            "mutability": "readOnly",
            "subAttributes": reference,
        },
    ]
    group = [
        {**text, "name": "displayName", "required": True, "uniqueness": "server"},
        {
            **_attribute("complex"),
            "name": "members",
            "multiValued": True,
            "subAttributes": reference,
        },
    ]
    return [
        {
            "schemas": [f"{SELF}Schema"],
            "id": schema,
            "name": name,
            "attributes": attributes,
            "meta": {"resourceType": "Schema", "location": f"{base}/Schemas/{schema}"},
        }
        for schema, name, attributes in (
            (USER_SCHEMA, "User", user),
            (GROUP_SCHEMA, "Group", group),
        )
    ]


def _attribute(kind: str) -> dict[str, Any]:
    return {
        "type": kind,
        "multiValued": False,
        "required": False,
        "caseExact": False,
        "mutability": "readWrite",
        "returned": "default",
        "uniqueness": "none",
    }


def _known(given: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in given.items() if value is not None}


def _meta(kind: str, location: str, entry: UserEntry | GroupEntry) -> dict[str, Any]:
    return {
        "resourceType": kind,
        "created": _moment(entry.created),
        "lastModified": _moment(entry.modified),
        "location": location,
    }


def _moment(time: float) -> str:
    return datetime.fromtimestamp(time, UTC).isoformat(timespec="milliseconds")
