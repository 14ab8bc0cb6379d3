"""What every definition of ours begins with, and how ids are spelled."""

from importlib.metadata import version

from trialbridge.mappings.codec import Node
from trialbridge.schemas.base import BASE

_SPELLED = {"Ipd": "IPD", "Mesh": "MeSH", "Nct": "NCT", "Pmid": "PMID", "Url": "URL"}


def title_of(id_: str) -> str:
    first, *rest = id_.capitalize().split("-")
    return " ".join([_SPELLED.get(first, first), *rest])


def name_of(id_: str) -> str:
    return "".join(word.capitalize() for word in id_.split("-"))


def head(type_name: str, id_: str, title: str, description: str) -> Node:
    return {
        "resourceType": type_name,
        "id": id_,
        "url": f"{BASE}/{type_name}/{id_}",
        "version": version("trialbridge"),
        "name": name_of(id_),
        "title": title,
        "status": "active",
        "experimental": False,
        "publisher": "trialbridge",
        "description": description,
    }
