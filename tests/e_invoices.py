"""How tests judge an e-invoice: by the schema and the schematron of Factur-X, level EN 16931, offline."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import facturx
from lxml import etree
from saxonche import PySaxonProcessor

_RULES = Path(facturx.__file__).parent / "xsd_and_schematron" / "facturx-en16931"
_SVRL = "{http://purl.oclc.org/dsdl/svrl}"
_RAM = "{urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100}"


@cache
def _schema() -> Any:
    return etree.XMLSchema(etree.parse(_RULES / "Factur-X_EN16931.xsd"))


@cache
def _judge() -> tuple[Any, Any]:
    processor = PySaxonProcessor(license=False)
    compiled = processor.new_xslt30_processor().compile_stylesheet(
        stylesheet_file=str(_RULES / "FACTUR-X_EN16931.xslt")
    )
    return processor, compiled


def faults(xml: bytes) -> list[str]:
    """What the schema and the schematron find wrong with a document; none: it is valid."""
    tree = etree.fromstring(xml)
    if not _schema().validate(tree):
        return [str(error) for error in _schema().error_log]
    processor, compiled = _judge()
    without_declaration = etree.tostring(tree).decode()
    report = compiled.transform_to_string(
        xdm_node=processor.parse_xml(xml_text=without_declaration)
    )
    failed = ElementTree.fromstring(report).iter(f"{_SVRL}failed-assert")
    return [" ".join("".join(assertion.itertext()).split()) for assertion in failed]


def texts(xml: bytes, name: str) -> list[str]:
    """The texts of all elements of this name, in the order of the document."""
    return [element.text or "" for element in ElementTree.fromstring(xml).iter(f"{_RAM}{name}")]
